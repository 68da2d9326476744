import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify, stripVTControlCharacters } from 'node:util'
import { groupReaper } from './reaper.ts'
import { messageOf, UnavailableError } from './server.ts'

const run = promisify(execFile)
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

export interface Java {
  readonly executable: string
  readonly home: string
  readonly release: number
}

/** The Java of JAVA_HOME, or the one on the path. */
export async function findJava(): Promise<Java> {
  const { JAVA_HOME } = process.env
  const executable = JAVA_HOME ? join(JAVA_HOME, 'bin', 'java') : 'java'
  try {
    const { stderr } = await run(executable, ['-XshowSettings:properties', '-version'])
    const home = /^\s*java\.home = (.+)$/m.exec(stderr)?.[1]
    const release = Number(/^\s*java\.specification\.version = (\d+)$/m.exec(stderr)?.[1])
    if (home === undefined || !(release >= 17)) throw new Error('it is older than Java 17')
    return { executable, home: home.trim(), release }
  } catch (error) {
    throw new UnavailableError(`no usable Java (${executable}): ${firstLine(error)}`)
  }
}

/** Puts the jars of these artifacts and all they need at run time into the directory. */
export async function copyJars(java: Java, artifacts: readonly string[], directory: string): Promise<void> {
  const dependencies = artifacts.map(artifact => {
    const [groupId, artifactId, version] = artifact.split(':')
    return `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`
  })
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>test</groupId><artifactId>server</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>`
  await maven(java, async workingDirectory => {
    await writeFile(join(workingDirectory, 'pom.xml'), pom)
    return [`${PLUGIN}:copy-dependencies`, `-DoutputDirectory=${directory}`, '-DincludeScope=runtime']
  })
}

/** Puts the jar of this artifact alone into the directory. */
export async function copyJar(java: Java, artifact: string, directory: string): Promise<void> {
  await maven(java, async () => [
    `${PLUGIN}:copy`,
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${directory}`,
  ])
}

/** Unpacks one artifact (`group:name:version:type`) into the directory. */
export async function unpackArtifact(java: Java, artifact: string, directory: string): Promise<void> {
  await maven(java, async () => [
    `${PLUGIN}:unpack`,
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${directory}`,
  ])
}

async function maven(java: Java, goal: (workingDirectory: string) => Promise<string[]>): Promise<void> {
  const workingDirectory = await mkdtemp(join(tmpdir(), 'sessionloom-maven-'))
  const reaper = groupReaper(workingDirectory)
  try {
    const child = spawn(
      'mvn',
      ['--quiet', '--batch-mode', '-Dstyle.color=never', ...(await goal(workingDirectory))],
      {
        cwd: workingDirectory,
        detached: true,
        env: { ...process.env, JAVA_HOME: java.home },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    await once(child, 'spawn')
    reaper.guard(child.pid!)
    const [output, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    reaper.forget()
    if (code !== 0) throw new Error(output + errors)
  } catch (error) {
    throw new UnavailableError(`Maven: ${firstLine(error)}`)
  } finally {
    await reaper.end()
  }
}

function firstLine(error: unknown): string {
  return stripVTControlCharacters(messageOf(error)).trim().split('\n')[0] ?? ''
}
