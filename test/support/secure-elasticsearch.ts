// A node with security and TLS on, one user who may do everything, and API keys that may do what a test says.
import { execFile } from 'node:child_process'
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { Client } from '@elastic/elasticsearch'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import type { ElasticsearchExtras } from './elasticsearch-process.ts'
import type { Java } from './maven.ts'
import { type Certificates, makeCertificates } from './secure-kafka.ts'
import { messageOf, UnavailableError } from './server.ts'
import { startSecureNode } from './services.ts'

const run = promisify(execFile)

export const administrator = { username: 'administrator', password: 'correct horse' } as const

/** The privileges of a role: on the cluster, and on the indices of a prefix. */
export type Role = { readonly cluster: readonly string[]; readonly index: readonly string[] }

export type SecureElasticsearch = {
  /** URL, whose certificate is the server's of the given ones. */
  readonly node: string
  /** The administrator's. */
  readonly client: Client
  /** An API key that may do this much on `PREFIX-*`, encoded. */
  apiKey(prefix: string, role: Role): Promise<string>
  stop(): Promise<void>
}

/** Rejects with UnavailableError where no such node can be had. */
export async function startSecureElasticsearch(certificates: Certificates): Promise<SecureElasticsearch> {
  const read = (path: string) => readFile(path, 'utf8')
  const ca = await read(certificates.ca)
  const clientOf = (node: string) => elasticsearchClient({ node, auth: administrator, ca })
  const extras: ElasticsearchExtras = {
    settings: {
      'xpack.security.enabled': 'true',
      'xpack.security.autoconfiguration.enabled': 'false',
      'xpack.security.http.ssl.enabled': 'true',
      'xpack.security.http.ssl.key': 'server.key',
      'xpack.security.http.ssl.certificate': 'server.pem',
    },
    files: {
      'server.key': await read(certificates.serverKey),
      // With the authority, whose fingerprint a client can then compare; so is the node's own at its first start.
      'server.pem': (await read(certificates.serverCert)) + ca,
      users: `${administrator.username}:${passwordHash(administrator.password)}\n`,
      users_roles: `superuser:${administrator.username}\n`,
    },
    address: port => `https://localhost:${port}`,
    isReady: isHealthy,
  }
  async function isHealthy(node: string): Promise<boolean> {
    await using resources = new AsyncDisposableStack()
    const client = clientOf(node)
    resources.defer(() => client.close())
    return client.cluster.health({ wait_for_status: 'yellow', timeout: '5s' }).then(
      () => true,
      () => false,
    )
  }
  const started = await startSecureNode(extras, installPlugin)
  if (started.kind === 'none') throw new UnavailableError(started.reason)
  const { server } = started
  const client = clientOf(server.address)
  return {
    node: server.address,
    client,
    apiKey: async (prefix, { cluster, index }) => {
      const indices = index.length === 0 ? [] : [{ names: [`${prefix}-*`], privileges: [...index] }]
      const role = { cluster: [...cluster], indices }
      const name = `test-${randomBytes(4).toString('hex')}`
      const key = await client.security.createApiKey({
        name,
        role_descriptors: { [name]: role },
        refresh: true,
      })
      return key.encoded
    },
    stop: async () => {
      await client.close()
      await server.stop()
    },
  }
}

/** As the file of users has it: PBKDF2 with its iterations, salt and hash. */
function passwordHash(password: string): string {
  const [iterations, salt] = [10_000, randomBytes(32)]
  const hash = pbkdf2Sync(password, salt, iterations, 32, 'sha512')
  return `{PBKDF2}${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`
}

/** Compiles our plugin against the node's own jars. Rejects with UnavailableError where there is no compiler. */
async function installPlugin(home: string, java: Java): Promise<void> {
  const source = join(import.meta.dirname, 'security-index/SecurityIndexPlugin.java')
  const classes = await mkdtemp(join(tmpdir(), 'sessionloom-plugin-'))
  const tool = (name: string) => join(java.home, 'bin', name)
  const plugin = join(home, 'plugins/security-index')
  try {
    await run(tool('javac'), ['-proc:none', '-d', classes, '-cp', join(home, 'lib', '*'), source])
    await mkdir(plugin, { recursive: true })
    await run(tool('jar'), ['cf', join(plugin, 'security-index.jar'), '-C', classes, '.'])
  } catch (error) {
    throw new UnavailableError(`the plugin needs a JDK: ${messageOf(error).split('\n')[0]}`)
  } finally {
    await rm(classes, { recursive: true, force: true })
  }
  const jar = (await readdir(join(home, 'lib'))).find(name => /^elasticsearch-core-[\d.]+\.jar$/.test(name))
  const version = jar?.slice('elasticsearch-core-'.length, -'.jar'.length)
  const descriptor = {
    name: 'security-index',
    description: 'analysis for the index of users and API keys',
    version: '1',
    classname: 'securityindex.SecurityIndexPlugin',
    'java.version': java.release,
    'elasticsearch.version': version,
  }
  const lines = Object.entries(descriptor).map(([key, value]) => `${key}=${value}\n`)
  await writeFile(join(plugin, 'plugin-descriptor.properties'), lines.join(''))
}

/** A secured node for a file's tests, started before them. `node()` skips the test where there is none, loudly. */
export function secureElasticsearchUnderTest(file: string) {
  let certificates: Certificates | undefined
  let node: SecureElasticsearch | undefined
  let unavailable = ''
  before(async () => {
    try {
      certificates = await makeCertificates()
      node = await startSecureElasticsearch(certificates)
    } catch (error) {
      if (!(error instanceof UnavailableError) || process.env.REQUIRE_SERVICES === '1') throw error
      unavailable = error.message
      console.error(`!!! SKIPPED ${file}: no Elasticsearch with security on: ${unavailable}`)
    }
  })
  after(async () => {
    await node?.stop()
    await certificates?.remove()
  })
  return (t: TestContext) => {
    if (node === undefined || certificates === undefined) {
      t.skip(unavailable)
      return null
    }
    return { ...node, certificates }
  }
}
