// Loaded by `node --import`: SIGKILL at the n-th `send` of this process. KILL_SEND is `before:<n>`, or `after:<n>`
// when its requests are acknowledged.
import { writeSync } from 'node:fs'
import { KafkaProducer } from '../../src/adapters/kafka-producer.ts'

const [place, times] = (process.env.KILL_SEND as string).split(':')
let left = Number(times)
const { send } = KafkaProducer.prototype
KafkaProducer.prototype.send = async function (messages) {
  left--
  if (left === 0 && place === 'before') await die()
  await send.call(this, messages)
  if (left === 0) await die()
}

function die(): Promise<never> {
  writeSync(2, 'killed\n')
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}
