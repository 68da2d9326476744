// Starts Kafka and Elasticsearch once, runs the test files that need them, and ends with their exit code.
// Usage: node test/support/run-service-tests.ts [file patterns]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { glob } from 'node:fs/promises'
import { type RunningServices, startServices } from './services.ts'

const PATTERNS = ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts']
const REMEDY =
  'start Docker, or install Java 17 or newer and Maven, or set TEST_KAFKA_BROKERS and TEST_ELASTICSEARCH_NODE'

async function main(patterns: string[]): Promise<number> {
  const files = await matchingFiles(patterns)
  if (files.length === 0) {
    console.log(`no service tests: nothing matches ${patterns.join(' ')}`)
    return 0
  }
  const services = await startServices()
  if (services.kind === 'none') {
    const required = process.env.REQUIRE_SERVICES === '1'
    const verdict = required ? 'FAILED (REQUIRE_SERVICES=1)' : 'SKIPPED'
    console.error(`!!! SERVICE TESTS ${verdict} (files: ${files.length}): ${REMEDY} (${services.reason})`)
    return required ? 1 : 0
  }
  const { source, brokers, elasticsearch } = services
  console.log(`services from ${source}: Kafka at ${brokers}, Elasticsearch at ${elasticsearch}`)
  try {
    return await runTests(files, services)
  } finally {
    await services.stop()
  }
}

async function matchingFiles(patterns: string[]): Promise<string[]> {
  const files = await Array.fromAsync(glob(patterns))
  return files.sort()
}

async function runTests(files: string[], services: RunningServices): Promise<number> {
  const { source, brokers, elasticsearch } = services
  const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', ...files], {
    stdio: 'inherit',
    env: {
      ...process.env,
      TEST_KAFKA_BROKERS: brokers,
      TEST_ELASTICSEARCH_NODE: elasticsearch,
      // A test that starts a server of its own takes it from where the shared ones came from.
      ...(source === 'environment' ? {} : { TEST_SERVICES: source }),
    },
  })
  const forward = (signal: NodeJS.Signals) => tests.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  const [code] = await once(tests, 'exit')
  return code ?? 1
}

process.exitCode = await main(process.argv.length > 2 ? process.argv.slice(2) : PATTERNS)
