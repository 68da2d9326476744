import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cached } from './download-cache.ts'
import { freePort } from './free-port.ts'
import { findJava, type Java, unpackArtifact } from './maven.ts'
import { isElasticsearchReady } from './ready.ts'
import { type Server, UnavailableError } from './server.ts'
import { startServerProcess } from './server-process.ts'

export const ELASTICSEARCH_VERSION = process.env.TEST_ELASTICSEARCH_VERSION || '8.19.21'
const run = promisify(execFile)

/** Settings of a single node without security, for a process and for a container alike. */
export const ELASTICSEARCH_SETTINGS = {
  'discovery.type': 'single-node',
  'xpack.security.enabled': 'false',
  // A developer's disk is often more than 90 % full, and the node would then refuse to place any shard.
  'cluster.routing.allocation.disk.threshold_enabled': 'false',
} as const

const LOGGING = `
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`

/** What a node gets beyond the plain one. */
export type ElasticsearchExtras = {
  readonly settings: Readonly<Record<string, string>>
  /** Files of its configuration, by name. */
  readonly files: Readonly<Record<string, string>>
  /** URL of the node with this port. */
  address(port: number): string
  isReady(address: string): Promise<boolean>
}

const plain: ElasticsearchExtras = {
  settings: {},
  files: {},
  address: port => `http://127.0.0.1:${port}`,
  isReady: isElasticsearchReady,
}

/**
 * A node from the distribution on Maven Central, without Docker. It has a reduced set of modules. `complete` may
 * change its home, which is then a copy of its own.
 */
export async function startElasticsearchProcess(
  extras: ElasticsearchExtras = plain,
  complete?: (home: string, java: Java) => Promise<void>,
): Promise<Server> {
  const java = await findJava()
  const home = await distribution(java)
  const port = await freePort()
  const address = extras.address(port)
  return startServerProcess({
    name: `Elasticsearch ${ELASTICSEARCH_VERSION}`,
    address,
    prepare: async directory => {
      await configure(directory, port, extras)
      const environment = {
        ES_JAVA_HOME: java.home,
        ES_PATH_CONF: join(directory, 'config'),
        ES_TMPDIR: join(directory, 'tmp'),
        // For the launcher, a second JVM that stays beside the node.
        CLI_JAVA_OPTS: tidyJvm(directory).join(' '),
        HOME: join(directory, 'tmp'),
      }
      const user = await unprivilegedUser()
      if (user === undefined && complete === undefined)
        return { executable: binary(home), args: [], environment }
      const copy = join(directory, 'home')
      // The cache of root is closed to everybody else.
      await cp(home, copy, { recursive: true, mode: constants.COPYFILE_FICLONE })
      await complete?.(copy, java)
      if (user === undefined) return { executable: binary(copy), args: [], environment }
      await run('chown', ['-R', `${user.uid}:${user.gid}`, directory])
      return { executable: binary(copy), args: [], environment, user }
    },
    isReady: () => extras.isReady(address),
  })
}

function binary(home: string): string {
  return join(home, 'bin', 'elasticsearch')
}

/** The home of the distribution, fetched once. */
export async function distribution(java: Java): Promise<string> {
  const version = ELASTICSEARCH_VERSION
  if (Number.parseInt(version, 10) >= 9 && java.release < 21) {
    throw new UnavailableError(`Elasticsearch ${version} needs Java 21, this is Java ${java.release}`)
  }
  const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${version}:zip`
  const name = `elasticsearch-${version}`
  return join(await cached(name, directory => unpackArtifact(java, artifact, directory)), name)
}

async function configure(directory: string, port: number, extras: ElasticsearchExtras): Promise<void> {
  const settings = {
    ...ELASTICSEARCH_SETTINGS,
    ...extras.settings,
    'network.host': '127.0.0.1',
    'http.port': port,
    'path.data': join(directory, 'data'),
    'path.logs': join(directory, 'logs'),
  }
  const config = join(directory, 'config')
  await mkdir(config)
  await mkdir(join(directory, 'tmp'))
  const yaml = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  await writeFile(join(config, 'elasticsearch.yml'), yaml.join(''))
  // Own files in place of the distribution's, whose logs would go into the shared home.
  await writeFile(join(config, 'jvm.options'), ['-Xms512m', '-Xmx512m', ...tidyJvm(directory)].join('\n'))
  await writeFile(join(config, 'log4j2.properties'), LOGGING)
  for (const [name, text] of Object.entries(extras.files)) await writeFile(join(config, name), text)
}

// The node is not allowed to start when its temporary directory holds its home, as /tmp would here.
function tidyJvm(directory: string): string[] {
  return [`-Djava.io.tmpdir=${join(directory, 'tmp')}`, '-XX:-UsePerfData']
}

/** Elasticsearch refuses to run as root: who it runs as instead. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async flag => (await run('id', [flag, 'nobody'])).stdout),
  )
  return { uid: Number(uid), gid: Number(gid) }
}
