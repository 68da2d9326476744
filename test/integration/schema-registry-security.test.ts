// A stub of a registry that speaks TLS with a certificate of its own authority and wants a password: what is asked of it
// over the wire is as the settings say.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { inspectRegistry } from '../../src/adapters/registry-retry.ts'
import { registryOf, registrySettings } from '../../src/commands/connections.ts'
import { readConfig } from '../../src/config.ts'
import { type Certificates, makeCertificates } from '../support/secure-kafka.ts'
import { UnavailableError } from '../support/server.ts'

const certificates = await makeCertificates().catch(error => {
  if (!(error instanceof UnavailableError)) throw error
  console.error(`!!! SKIPPED schema-registry-security.test.ts: ${error.message}`)
  return null
})

describe('a schema registry with TLS and a password (a stub)', { skip: certificates === null }, async () => {
  const { ca, serverCert, serverKey, directory } = certificates as Certificates
  const server = createServer(
    { cert: await readFile(serverCert), key: await readFile(serverKey) },
    (request, response) => {
      const isKnown = request.headers.authorization === `Basic ${btoa('reader:p:word')}`
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' })
      response.end(isKnown ? '["AVRO"]' : '{"error_code":40101}')
    },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(async () => {
    server.close()
    server.closeAllConnections()
    await certificates?.remove()
  })
  const look = (environment: Record<string, string>) => {
    const SCHEMA_REGISTRY_URL = `https://localhost:${(server.address() as AddressInfo).port}`
    const read = readConfig(registrySettings, {}, { SCHEMA_REGISTRY_URL, ...environment })
    assert(read.ok, JSON.stringify(read))
    const settings = registryOf(read.config)
    assert(settings)
    return inspectRegistry(settings, AbortSignal.timeout(5_000))
  }
  const reader = { SCHEMA_REGISTRY_USERNAME: 'reader', SCHEMA_REGISTRY_CA_FILE: ca }

  test('is reached with its authority, and the password from a file', async () => {
    const SCHEMA_REGISTRY_PASSWORD_FILE = join(directory, 'password')
    await writeFile(SCHEMA_REGISTRY_PASSWORD_FILE, 'p:word\n')
    assert.equal(await look({ ...reader, SCHEMA_REGISTRY_PASSWORD_FILE }), 'AVRO')
  })

  test('is not without its authority, nor with another password', async () => {
    await assert.rejects(look({}), { code: 'unreachable', message: /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_/ })
    await assert.rejects(look({ SCHEMA_REGISTRY_CA_FILE: ca }), { code: 'unauthorized' })
    const wrong = look({ ...reader, SCHEMA_REGISTRY_PASSWORD: 'hunter2' })
    await assert.rejects(wrong, error => {
      assert.doesNotMatch((error as Error).message, /hunter2/)
      return (error as { code?: string }).code === 'unauthorized'
    })
  })
})
