/** A line that says how far long work is: rewritten in place on a terminal, silent elsewhere. */
export type Progress = { show(text: string): void; end(): void }

const intervalMs = 200

export function progressLine(stream: NodeJS.WriteStream): Progress {
  let shownAt = Number.NEGATIVE_INFINITY
  let isShown = false
  return {
    show(text) {
      const now = performance.now()
      if (!stream.isTTY || now - shownAt < intervalMs) return
      shownAt = now
      isShown = true
      stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`)
    },
    end() {
      if (isShown) stream.write('\r\x1b[2K')
    },
  }
}

/** `1,234,567`. */
export const grouped = (count: number): string => count.toLocaleString('en-US')

/** `1 session`, `2 sessions`. */
export const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
