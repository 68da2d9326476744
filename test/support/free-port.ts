import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range that Linux and macOS use for outgoing connections. A client that keeps dialling a killed
// server's port can otherwise be given that very port as its own and connect to itself: the server then
// finds its port taken when it comes back.
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_000

/** A port nobody listens on, on loopback. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${LOWEST_PORT} and ${HIGHEST_PORT}`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
