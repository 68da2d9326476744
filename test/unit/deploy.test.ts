// The files of deploy/ against what the product really takes: names of settings, ports, users, limits.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { parseDuration } from '../../src/setting-values.ts'
import { settings } from '../../src/settings.ts'

const root = join(import.meta.dirname, '../..')
const text = (path: string) => readFileSync(join(root, path), 'utf8')
const known = new Set(Object.values(settings).map(({ env }) => env))

// biome-ignore lint/suspicious/noExplicitAny: YAML of many kinds
type Yaml = any

describe('docker-compose.yml', () => {
  const compose: Yaml = parse(text('docker-compose.yml'), { merge: true })
  const services = Object.entries<Yaml>(compose.services)
  const ours = services.filter(([, { build }]) => build !== undefined)

  it('has all that a trial needs, with Kibana in a profile of its own', () => {
    assert.deepEqual(
      services.map(([name]) => name),
      ['kafka', 'elasticsearch', 'kibana', 'setup', 'generator', 'worker'],
    )
    const profiled = services.filter(([, { profiles }]) => profiles !== undefined)
    assert.deepEqual(
      profiled.map(([name]) => name),
      ['kibana'],
    )
  })

  it('publishes nothing beyond the loopback interface', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports)
    assert.equal(ports.length, 4)
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/)
  })

  it('takes images from variables, whose defaults are pinned', () => {
    const images = services.flatMap(([, { image, build }]) => [image, build?.args.NODE_IMAGE ?? image])
    for (const image of images) assert.match(image, /^\$\{\w+_IMAGE:-[\w./-]+:(\d+\.\d+\.\d+[\w-]*|local)\}$/)
  })

  it('sets nothing that is not a setting', () => {
    for (const [name, { environment }] of ours)
      for (const variable of Object.keys(environment)) assert(known.has(variable), `${name}: ${variable}`)
  })

  it('has a health check for what goes on, and awaits what ends', () => {
    const awaited = new Map(
      services.flatMap(([, { depends_on = {} }]) =>
        Object.entries<Yaml>(depends_on).map(([name, { condition }]) => [name, condition]),
      ),
    )
    for (const [name, { restart, healthcheck }] of services)
      if (restart === undefined) assert.equal(awaited.get(name), 'service_completed_successfully', name)
      else assert.ok(healthcheck.test.length > 1, name)
  })

  it('runs ours without rights, on a file system that cannot be written', () => {
    assert.equal(ours.length, 3)
    for (const [, service] of ours) {
      assert.equal(service.read_only, true)
      assert.deepEqual(service.cap_drop, ['ALL'])
    }
  })

  it('gives the worker the time that it takes to stop', () => {
    const grace = parseDuration(compose.services.worker.stop_grace_period) as number
    assert(grace > (parseDuration(settings.shutdownDeadline.default) as number))
  })
})

describe('the Dockerfile', () => {
  const dockerfile = text('deploy/Dockerfile')

  it('needs no BuildKit', () => {
    assert.doesNotMatch(dockerfile, /^# *syntax=|--mount|--link|--chmod|<</m)
  })

  it('ends as a user who is not root, with a health check on the port that it serves', () => {
    const [, user] = /^USER (\d+):\d+$/m.exec(dockerfile) ?? []
    assert(Number(user) > 0)
    const [, port] = /HTTP_ADDRESS=0\.0\.0\.0:(\d+)/.exec(dockerfile) ?? []
    assert.match(dockerfile, new RegExp(`^EXPOSE ${port}$`, 'm'))
    assert.match(dockerfile, new RegExp(`^HEALTHCHECK (.|\\n)*127\\.0\\.0\\.1:${port}/livez`, 'm'))
  })

  it('copies what the build context lets in', () => {
    const let_in = [...text('.dockerignore').matchAll(/^!(.+)$/gm)].map(match => match[1])
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, what]) =>
      (what as string).split(' '),
    )
    assert.deepEqual(new Set(copied), new Set(let_in))
  })
})

describe('the Kubernetes manifests', () => {
  const files = globSync('deploy/kubernetes/*.yaml', { cwd: root })
  const objects: Yaml[] = files.flatMap(file => parseAllDocuments(text(file)).map(one => one.toJS()))
  const one = (kind: string): Yaml => {
    const found = objects.filter(object => object.kind === kind)
    assert.equal(found.length, 1, kind)
    return found[0]
  }
  const pods = ['Job', 'Deployment'].map(kind => one(kind).spec.template.spec)

  it('are all in the kustomization', () => {
    const listed = one('Kustomization').resources.map((file: string) => `deploy/kubernetes/${file}`)
    assert.deepEqual(listed.toSorted(), files.filter(file => !file.endsWith('kustomization.yaml')).toSorted())
  })

  it('set nothing that is not a setting, and take secrets from Secrets alone', () => {
    const { data } = one('ConfigMap')
    const secrets = Object.values(settings).flatMap(setting => ('isSecret' in setting ? [setting.env] : []))
    for (const name of Object.keys(data)) assert(known.has(name) && !secrets.includes(name as never), name)
    for (const { containers } of pods)
      for (const { name, valueFrom } of containers[0].env)
        if (name !== 'NODE_OPTIONS') assert.ok(secrets.includes(name) && valueFrom.secretKeyRef, name)
  })

  it('fulfil what the restricted standard asks of a pod', () => {
    for (const { securityContext, containers, automountServiceAccountToken } of pods) {
      assert.equal(securityContext.runAsNonRoot, true)
      assert.equal(securityContext.seccompProfile.type, 'RuntimeDefault')
      assert.equal(automountServiceAccountToken, false)
      assert.deepEqual(containers[0].securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  it('probe what the worker serves, and let it stop in its own time', () => {
    const { containers, terminationGracePeriodSeconds } = one('Deployment').spec.template.spec
    const { livenessProbe, readinessProbe, ports } = containers[0]
    assert.deepEqual([livenessProbe.httpGet.path, readinessProbe.httpGet.path], ['/livez', '/readyz'])
    assert.match(text('deploy/Dockerfile'), new RegExp(`^EXPOSE ${ports[0].containerPort}$`, 'm'))
    const deadline = parseDuration(settings.shutdownDeadline.default) as number
    assert(terminationGracePeriodSeconds * 1_000 > deadline + 5_000)
  })

  it('scale by the lag of the group, up to one worker for each partition', () => {
    const { data } = one('ConfigMap')
    const { scaleTargetRef, maxReplicaCount, triggers } = one('ScaledObject').spec
    assert.equal(scaleTargetRef.name, one('Deployment').metadata.name)
    assert.equal(maxReplicaCount, Number(data.KAFKA_PARTITIONS))
    const { bootstrapServers, consumerGroup, topic } = triggers[0].metadata
    assert.deepEqual(
      [bootstrapServers, consumerGroup, topic],
      [data.KAFKA_BROKERS, data.KAFKA_GROUP_ID, data.KAFKA_TOPIC],
    )
  })

  it('select the pods that they are about', () => {
    const labels = one('Deployment').spec.template.metadata.labels
    for (const kind of ['Deployment', 'PodDisruptionBudget'])
      assert.deepEqual(one(kind).spec.selector.matchLabels, labels, kind)
    const [{ values }] = one('NetworkPolicy').spec.podSelector.matchExpressions
    assert.deepEqual(values, ['worker', 'setup'])
  })
})
