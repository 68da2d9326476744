// Loaded into a worker by `node --import`. While the file REFUSE_WHILE exists, what the worker produces is written by
// the broker and refused, as for too few replicas in sync. A broker on its own never refuses so: since Kafka 3.7
// min.insync.replicas counts no more replicas than a topic has. Each refusal adds a byte to the file of that name and `.met`.
import { appendFileSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'

type Decoded = { topics: { partitions: { errorCode: number }[] }[] }

const notEnoughReplicasAfterAppend = 20
const response = createRequire(import.meta.url)('kafkajs/src/protocol/requests/produce/v7/response')
const decode: (data: unknown) => Promise<Decoded> = response.decode

response.decode = async (data: unknown) => {
  const decoded = await decode(data)
  if (existsSync(process.env.REFUSE_WHILE as string)) {
    appendFileSync(`${process.env.REFUSE_WHILE}.met`, '.')
    for (const { partitions } of decoded.topics)
      for (const partition of partitions) partition.errorCode = notEnoughReplicasAfterAppend
  }
  return decoded
}
