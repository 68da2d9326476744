// A real schema registry on loopback: Apicurio, which keeps its schemas in memory and speaks Confluent's API.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './download-cache.ts'
import { freePort } from './free-port.ts'
import { findJava, type Java, unpackArtifact } from './maven.ts'
import { type Server, UnavailableError } from './server.ts'
import { startServerProcess } from './server-process.ts'

/** The current one needs a Java that is newer than Kafka's and Elasticsearch's. */
const versionFor = ({ release }: Java) =>
  process.env.TEST_APICURIO_VERSION || (release >= 21 ? '3.3.3' : '2.6.13.Final')

/** Its address is the URL for SCHEMA_REGISTRY_URL. */
export async function startSchemaRegistry(): Promise<Server> {
  const java = await findJava()
  const version = versionFor(java)
  const home = await distribution(java, version)
  const [port, managementPort] = [await freePort(), await freePort()]
  const address = `http://127.0.0.1:${port}/apis/ccompat/v7`
  return startServerProcess({
    name: `Apicurio ${version}`,
    address,
    prepare: async directory => {
      const [jar] = globSync('*run*.jar', { cwd: home })
      const tidy = ['-Xmx512m', '-XX:-UsePerfData', `-Djava.io.tmpdir=${directory}`]
      return {
        executable: java.executable,
        args: [...tidy, '-jar', join(home, jar as string)],
        environment: {
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(port),
          QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
          QUARKUS_MANAGEMENT_PORT: String(managementPort),
        },
      }
    },
    isReady: async () => (await fetch(`${address}/subjects`).catch(() => null))?.ok === true,
  })
}

function distribution(java: Java, version: string): Promise<string> {
  const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`
  return cached(`apicurio-${version}`, directory => unpackArtifact(java, artifact, directory))
}

/** One of the test file's own, or why its tests are skipped. */
export async function schemaRegistryUnderTest(
  file: string,
): Promise<
  { readonly registry: Server; readonly skip: false } | { readonly registry: null; readonly skip: string }
> {
  try {
    return { registry: await startSchemaRegistry(), skip: false }
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    if (process.env.REQUIRE_SERVICES === '1') throw error
    console.error(`!!! SKIPPED ${file}: no schema registry: ${error.message}`)
    return { registry: null, skip: error.message }
  }
}

export type SchemaType = 'AVRO' | 'JSON' | 'PROTOBUF'
export type Reference = { readonly name: string; readonly subject: string; readonly version: number }

/** Registers a schema as a serializer does. Gives its id. */
export async function register(
  url: string,
  subject: string,
  schemaType: SchemaType,
  schema: string,
  references: readonly Reference[] = [],
): Promise<number> {
  const answer = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema, schemaType, references }),
  })
  const body = await answer.text()
  if (!answer.ok) throw new Error(`${subject}: ${answer.status} ${body}`)
  return JSON.parse(body).id
}
