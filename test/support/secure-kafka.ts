// A broker with TLS, mutual TLS, SASL and an authorizer, whose plain listener is the administrator's.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { Admin } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { freePort } from './free-port.ts'
import { startKafkaProcess } from './kafka-process.ts'
import { messageOf, UnavailableError } from './server.ts'

const run = promisify(execFile)

export type Certificates = {
  readonly directory: string
  /** PEM files. */
  readonly ca: string
  readonly serverCert: string
  readonly serverKey: string
  readonly clientCert: string
  readonly clientKey: string
  /** SHA-256 fingerprint of the authority, as Elasticsearch prints it. */
  readonly caFingerprint: string
  remove(): Promise<void>
}

/** An authority, a server certificate for localhost, and one of a client. Rejects with UnavailableError without openssl. */
export async function makeCertificates(): Promise<Certificates> {
  const directory = await mkdtemp(join(tmpdir(), 'sessionloom-tls-'))
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory })
  const at = (name: string) => join(directory, name)
  try {
    await openssl(
      ...[
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        'ca.key',
        '-out',
        'ca.pem',
      ],
      ...['-subj', '/CN=test-ca', '-addext', 'basicConstraints=critical,CA:TRUE'],
    )
    await writeFile(
      at('extensions'),
      'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' +
        // Without the key of its authority, which would give an impostor's certificate away by itself.
        'authorityKeyIdentifier=none\n',
    )
    for (const [name, subject] of [
      ['server', '/CN=localhost'],
      ['client', '/CN=worker'],
    ] as const) {
      await openssl(
        ...['req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`],
        ...['-subj', subject],
      )
      await openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', '2', '-out', `${name}.pem`, '-extfile', 'extensions'],
      )
    }
    const { stdout } = await openssl('x509', '-in', 'ca.pem', '-noout', '-fingerprint', '-sha256')
    return {
      directory,
      ca: at('ca.pem'),
      serverCert: at('server.pem'),
      serverKey: at('server.key'),
      clientCert: at('client.pem'),
      clientKey: at('client.key'),
      caFingerprint: stdout.trim().split('=')[1] ?? '',
      remove: () => rm(directory, { recursive: true, force: true }),
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw new UnavailableError(`openssl: ${messageOf(error)}`)
  }
}

export const password = 'correct horse'
/** Principals of the listeners: a user of SASL, or the subject of a client certificate. */
export const principals = { sasl: 'User:worker', certificate: 'User:CN=worker' } as const

export type SecureKafka = {
  /** `host:port` of each listener. */
  readonly plain: string
  readonly tls: string
  readonly mutualTls: string
  readonly saslTls: string
  readonly sasl: string
  stop(): Promise<void>
}

/** Nobody but the plain listener's user may do anything until it is granted. */
export async function startSecureKafka(certificates: Certificates): Promise<SecureKafka> {
  const ports = {
    TLS: await freePort(),
    MTLS: await freePort(),
    SASLTLS: await freePort(),
    SASL: await freePort(),
  }
  const protocols = { TLS: 'SSL', MTLS: 'SSL', SASLTLS: 'SASL_SSL', SASL: 'SASL_PLAINTEXT' }
  const server = await startKafkaProcess(async (directory, plain) => {
    const keystore = join(directory, 'server-with-key.pem')
    const authority = join(directory, 'ca.pem')
    const read = (path: string) => readFile(path, 'utf8')
    await writeFile(keystore, (await read(certificates.serverKey)) + (await read(certificates.serverCert)))
    await writeFile(authority, await read(certificates.ca))
    const listeners = Object.entries(ports).map(([name, port]) => `${name}://127.0.0.1:${port}`)
    const advertised = Object.entries(ports).map(([name, port]) => `${name}://localhost:${port}`)
    const map = Object.entries(protocols).map(([name, protocol]) => `${name}:${protocol}`)
    const properties: Record<string, string> = {
      listeners: [plain.listeners, ...listeners].join(','),
      'advertised.listeners': [plain['advertised.listeners'], ...advertised].join(','),
      'listener.security.protocol.map': [plain['listener.security.protocol.map'], ...map].join(','),
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'allow.everyone.if.no.acl.found': 'false',
      'listener.name.mtls.ssl.client.auth': 'required',
    }
    for (const name of ['tls', 'mtls', 'sasltls']) {
      properties[`listener.name.${name}.ssl.keystore.type`] = 'PEM'
      properties[`listener.name.${name}.ssl.keystore.location`] = keystore
      properties[`listener.name.${name}.ssl.truststore.type`] = 'PEM'
      properties[`listener.name.${name}.ssl.truststore.location`] = authority
    }
    const login = 'org.apache.kafka.common.security'
    for (const name of ['sasltls', 'sasl']) {
      properties[`listener.name.${name}.plain.sasl.jaas.config`] =
        `${login}.plain.PlainLoginModule required user_worker="${password}";`
      for (const mechanism of ['scram-sha-256', 'scram-sha-512'])
        properties[`listener.name.${name}.${mechanism}.sasl.jaas.config`] =
          `${login}.scram.ScramLoginModule required;`
    }
    const formatArgs = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(mechanism => [
      '--add-scram',
      `${mechanism}=[name=worker,password=${password}]`,
    ])
    return { properties, formatArgs }
  })
  return {
    plain: server.address,
    tls: `localhost:${ports.TLS}`,
    mutualTls: `localhost:${ports.MTLS}`,
    saslTls: `localhost:${ports.SASLTLS}`,
    sasl: `localhost:${ports.SASL}`,
    stop: () => server.stop(),
  }
}

/** A secured broker for a file's tests, started before them. What it gives skips a test where there is none, loudly. */
export function secureKafkaUnderTest(file: string) {
  let certificates: Certificates | undefined
  let kafka: SecureKafka | undefined
  let admin: Admin | undefined
  let unavailable = ''
  before(async () => {
    try {
      certificates = await makeCertificates()
      kafka = await startSecureKafka(certificates)
    } catch (error) {
      if (!(error instanceof UnavailableError) || process.env.REQUIRE_SERVICES === '1') throw error
      unavailable = error.message
      console.error(`!!! SKIPPED ${file}: no Kafka with security on: ${unavailable}`)
      return
    }
    admin = createKafka({ brokers: [kafka.plain], clientId: 'administrator' }).admin()
    await admin.connect()
  })
  after(async () => {
    await admin?.disconnect()
    await kafka?.stop()
    await certificates?.remove()
  })
  return (t: TestContext) => {
    if (unavailable) return void t.skip(unavailable)
    assert(certificates && kafka && admin)
    return { certificates, kafka, admin }
  }
}

export type SecuredKafka = NonNullable<ReturnType<ReturnType<typeof secureKafkaUnderTest>>>

/** Settings of a client with a certificate of its own. */
export const mutual = ({ kafka, certificates }: SecuredKafka) => ({
  KAFKA_BROKERS: kafka.mutualTls,
  KAFKA_TLS: 'on',
  KAFKA_CA_FILE: certificates.ca,
  KAFKA_CERT_FILE: certificates.clientCert,
  KAFKA_KEY_FILE: certificates.clientKey,
})

/** Settings of a client with a user's name and password. */
export const sasl = ({ kafka, certificates }: SecuredKafka, mechanism: string, tls: boolean) => ({
  KAFKA_BROKERS: tls ? kafka.saslTls : kafka.sasl,
  ...(tls && { KAFKA_TLS: 'on', KAFKA_CA_FILE: certificates.ca }),
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_USERNAME: 'worker',
  KAFKA_PASSWORD: password,
})
