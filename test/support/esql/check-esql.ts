// ES|QL through Elasticsearch's own parser and analyser. The distribution that tests can have does not run it, but its
// parts are on Maven Central, and tell of wrong words, functions, fields and types as a node would.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { estypes } from '@elastic/elasticsearch'
import { cached } from '../download-cache.ts'
import { distribution, ELASTICSEARCH_VERSION } from '../elasticsearch-process.ts'
import { copyJar, findJava, type Java } from '../maven.ts'
import { UnavailableError } from '../server.ts'

const run = promisify(execFile)

/** Of which the check knows the insides. */
const version = '8.19.21'

const artifacts = [
  `org.elasticsearch.plugin:x-pack-esql:${version}`,
  `org.elasticsearch.plugin:x-pack-esql-core:${version}`,
  `org.elasticsearch.plugin:x-pack-esql-compute:${version}`,
  `org.elasticsearch:elasticsearch-dissect:${version}`,
  'org.antlr:antlr4-runtime:4.13.1',
]

/** For each query `ok` and its columns, or `refused` and why. @throws UnavailableError where it cannot be had */
export async function checkEsql(
  queries: readonly string[],
  mapping: estypes.MappingTypeMapping,
): Promise<string[]> {
  if (ELASTICSEARCH_VERSION !== version)
    throw new UnavailableError(`ES|QL is checked with ${version}, this is ${ELASTICSEARCH_VERSION}`)
  const java = await findJava()
  const [home, jars] = [await distribution(java), await esqlJars(java)]
  const directory = await mkdtemp(join(tmpdir(), 'sessionloom-esql-'))
  try {
    const fields = join(directory, 'fields')
    await writeFile(fields, fieldLines(mapping).join('\n'))
    const files = queries.map((_, i) => join(directory, `query-${i}`))
    for (const [i, file] of files.entries()) await writeFile(file, queries[i] as string)
    const path = [jars, join(home, 'lib'), join(home, 'modules/x-pack-core')].map(jars => join(jars, '*'))
    const program = join(import.meta.dirname, 'EsqlCheck.java')
    const { stdout } = await run(java.executable, ['-cp', path.join(':'), program, fields, ...files])
    return stdout.trimEnd().split('\n')
  } finally {
    await rm(directory, { recursive: true })
  }
}

const esqlJars = (java: Java): Promise<string> =>
  cached(`elasticsearch-esql-${version}`, async directory => {
    for (const artifact of artifacts) await copyJar(java, artifact, directory)
  })

function fieldLines({ properties = {} }: estypes.MappingTypeMapping, path = ''): string[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const inner = fieldLines(property as estypes.MappingTypeMapping, `${path}${name}.`)
    if (property.type === undefined || property.type === 'object') return inner
    return [`${path}${name} ${property.type === 'alias' ? 'date' : property.type}`]
  })
}
