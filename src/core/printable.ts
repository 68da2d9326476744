/** Controls but tab and new line, and what changes the direction of text or ends a line to some readers. */
const orders = /[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/**
 * A text as it may be shown on a terminal: what it quotes gives no orders there. JSON alone does not do for that, as it
 * leaves 0x9b as it is, which begins an order like ESC does.
 */
export function printable(text: string): string {
  return text.replace(orders, order => `\\u${order.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
