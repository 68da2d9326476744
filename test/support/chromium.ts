// A headless Chromium that is there, driven by its DevTools protocol: no package, and nothing is downloaded.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** From TEST_CHROMIUM, or else on the PATH; null if there is none. */
export function findChromium(): string | null {
  if (process.env.TEST_CHROMIUM) return process.env.TEST_CHROMIUM
  for (const name of names)
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    } catch {}
  return null
}

type Answer = {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}
type Params = Readonly<Record<string, unknown>>

export class Chromium {
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #calls = 0

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = child
    this.#profile = profile
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#answered(JSON.parse(String(data)) as Answer))
  }

  static async start(path: string): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), 'chromium-'))
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-dev-shm-usage']
    const child = spawn(path, [...flags, '--remote-debugging-port=0', `--user-data-dir=${profile}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const socket = new WebSocket(await endpointOf(child))
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', reject)
    })
    return new Chromium(child, profile, socket)
  }

  call(method: string, params: Params = {}, sessionId?: string): Promise<unknown> {
    const id = ++this.#calls
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    return waiting.promise
  }

  /** A new tab that runs this script before any of a page's own. */
  async open(url: string, before: string): Promise<Page> {
    const { targetId } = (await this.call('Target.createTarget', { url: 'about:blank' })) as {
      targetId: string
    }
    const page = await this.attach(targetId)
    await page.call('Page.enable')
    await page.call('Page.addScriptToEvaluateOnNewDocument', { source: before })
    await page.go(url)
    return page
  }

  async attach(targetId: string): Promise<Page> {
    const attached = await this.call('Target.attachToTarget', { targetId, flatten: true })
    const { sessionId } = attached as { sessionId: string }
    const call = (method: string, params?: Params) => this.call(method, params, sessionId)
    return new Page(targetId, call)
  }

  /** Ids of the tabs that are open. */
  async tabs(): Promise<string[]> {
    const { targetInfos } = (await this.call('Target.getTargets')) as {
      targetInfos: readonly { readonly targetId: string; readonly type: string }[]
    }
    return targetInfos.filter(({ type }) => type === 'page').map(({ targetId }) => targetId)
  }

  async close(): Promise<void> {
    const ended = new Promise(resolve => this.#process.once('exit', resolve))
    this.#socket.close()
    this.#process.kill('SIGTERM')
    await ended
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }

  #answered({ id, result, error }: Answer): void {
    if (id === undefined) return
    if (error === undefined) this.#waiting.get(id)?.resolve(result)
    else this.#waiting.get(id)?.reject(new Error(error.message))
    this.#waiting.delete(id)
  }
}

export class Page {
  readonly targetId: string
  readonly call: (method: string, params?: Params) => Promise<unknown>

  constructor(targetId: string, call: Page['call']) {
    this.targetId = targetId
    this.call = call
  }

  async go(url: string): Promise<void> {
    await this.call('Page.navigate', { url })
    await this.until(`location.href === ${JSON.stringify(url)} && document.readyState === 'complete'`)
  }

  /** What an expression, or a promise of it, gives. */
  async evaluate(expression: string): Promise<unknown> {
    const wanted = { expression, awaitPromise: true, returnByValue: true, userGesture: true }
    const { result, exceptionDetails } = (await this.call('Runtime.evaluate', wanted)) as {
      result: { readonly value?: unknown }
      exceptionDetails?: { readonly text: string }
    }
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`)
    return result.value
  }

  async until(condition: string): Promise<void> {
    const deadline = performance.now() + 20_000
    while (!(await this.evaluate(condition).catch(() => false))) {
      if (performance.now() > deadline) throw new Error(`not within 20 s: ${condition}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

async function endpointOf(child: ChildProcess): Promise<string> {
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    said.push(line)
    const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (found !== undefined) {
      child.stderr?.resume()
      return found
    }
  }
  throw new Error(`Chromium has not started: ${said.join('\n')}`)
}
