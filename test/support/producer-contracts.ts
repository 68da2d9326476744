// What producers are given of the contract: JSON Schema, and AsyncAPI around it. `npm run docs` writes both.
import { join } from 'node:path'
import { rawEventJsonSchema } from '../../src/core/raw-event-json-schema.ts'
import { settings } from '../../src/settings.ts'

const directory = join(import.meta.dirname, '../../deploy/producers')
export const schemaPath = join(directory, 'raw-event.schema.json')
export const asyncApiPath = join(directory, 'asyncapi.json')

const text = (value: object) => `${JSON.stringify(value, null, 2)}\n`

const { $schema, ...schema } = rawEventJsonSchema() as ReturnType<typeof rawEventJsonSchema> & {
  $schema: string
}

export const jsonSchema = (): string =>
  text({
    $schema,
    title: 'Raw event of Sessionloom',
    description: 'The value of one Kafka record. Unknown fields are ignored; null is the same as absent.',
    ...schema,
  })

export const example = {
  eventId: '0b7f6f0e-7c0f-4f6e-9a43-0e3a0f7f3a10',
  tabId: '5f0c5f6a-0a53-4c39-8f0e-8f1d3d2f6c55',
  type: 'page-view',
  timestamp: '2026-11-24T10:00:00.000Z',
  sentAt: '2026-11-24T10:00:01.000Z',
  receivedAt: '2026-11-24T10:00:01.120Z',
  context: { page: { url: 'https://shop.example/', title: 'Shop' }, locale: 'en-GB' },
}

export const asyncApi = (): string =>
  text({
    asyncapi: '3.0.0',
    info: {
      title: 'Raw events of Sessionloom',
      version: '1.0.0',
      description:
        'What producers send, to be made into sessions. One JSON object per record, keyed by tab id.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: { host: settings.kafkaBrokers.default, protocol: 'kafka', description: 'KAFKA_BROKERS' },
    },
    channels: {
      rawEvents: {
        address: settings.kafkaTopic.default,
        description: 'KAFKA_TOPIC. All events of a tab must reach one partition.',
        messages: { rawEvent: { $ref: '#/components/messages/rawEvent' } },
        servers: [{ $ref: '#/servers/kafka' }],
      },
    },
    operations: {
      sendRawEvent: {
        action: 'send',
        channel: { $ref: '#/channels/rawEvents' },
        messages: [{ $ref: '#/channels/rawEvents/messages/rawEvent' }],
      },
    },
    components: {
      messages: {
        rawEvent: {
          name: 'RawEvent',
          contentType: 'application/json',
          bindings: {
            kafka: {
              key: { type: 'string', minLength: 1, maxLength: 256, description: 'The tab id' },
              bindingVersion: '0.5.0',
            },
          },
          payload: {
            schemaFormat: 'application/schema+json;version=draft-2020-12',
            schema: { $schema, ...schema },
          },
          examples: [{ name: 'pageView', payload: example }],
        },
      },
    },
  })
