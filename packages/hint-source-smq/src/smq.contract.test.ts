import { defined } from '@ack-secret-manager/core'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { canary } from '@ack-secret-manager/test-support/canary'
import { describeHintSourceContract, type SentMessage, staticProvider } from '@ack-secret-manager/testkit'
import { useFixture } from '@ack-secret-manager/test-support/use-fixture'
import { smqHintSource } from './smq-hint-source.ts'

const SECRET = canary('access-key-secret')
const ACCOUNT = '1234567890123456'
const REGION = 'cn-hangzhou'
const messages = [`acs:mns:${REGION}:${ACCOUNT}:/queues/*/messages`]

const simulator = useFixture(() =>
  startSimulator({
    seed: {
      account: ACCOUNT,
      region: REGION,
      accessKeys: [
        {
          id: 'LTAI5tDemo',
          secret: SECRET,
          allow: [{ actions: ['mns:BatchReceiveMessage', 'mns:BatchDeleteMessage'], resources: messages }],
        },
        { id: 'LTAI5tDenied', secret: SECRET },
      ],
      queues: [],
    },
  }),
)

let queues = 0

async function control(method: string, path: string, body?: object): Promise<Record<string, number>> {
  const response = await fetch(`${simulator.control}${path}`, { method, ...(body && { body: JSON.stringify(body) }) })
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
  return (await response.json()) as Record<string, number>
}

function bodyOf(message: SentMessage): string {
  if ('raw' in message) return message.raw
  const secretName = 'irrelevant' in message ? message.irrelevant : message.secretName
  const of = 'irrelevant' in message ? undefined : message.of
  const eventMs = 'irrelevant' in message ? undefined : message.eventMs
  return JSON.stringify({
    source: 'acs.kms',
    type: 'kms:ActionTrail:ApiCall',
    aliyunaccountid: of === 'another account' ? '9' : ACCOUNT,
    aliyunregionid: of === 'another region' ? 'cn-beijing' : REGION,
    ...defined({ time: eventMs === undefined ? undefined : new Date(eventMs).toISOString() }),
    data: {
      eventName: 'irrelevant' in message ? 'UpdateSecret' : 'PutSecretValue',
      requestParameters: { SecretName: secretName },
    },
  })
}

const KEYS = { known: 'LTAI5tDemo', denied: 'LTAI5tDenied', refused: 'LTAI5tUnknown' }

describeHintSourceContract({
  name: 'smq',
  setUp: async () => {
    queues += 1
    const name = `hints-${queues}`
    await control('PUT', `/queues/${name}`, {})
    return {
      canaries: [SECRET],
      open: ({ identity = 'known', queue, impatient }) =>
        smqHintSource({
          queue: { account: ACCOUNT, region: REGION, name: queue === 'missing' ? 'none' : name },
          endpoint: new URL(simulator.smq ?? '').host,
          ca: simulator.caPem,
          provider: staticProvider(KEYS[identity], SECRET),
          waitSeconds: impatient ? 0 : 1,
          ...(impatient ? { timeoutMs: 500 } : {}),
        }),
      // SMQ refuses an empty body, so it cannot arrive.
      send: async (message) => void (await control('POST', `/queues/${name}`, { bodies: [bodyOf(message)] })),
      redeliver: async () => void (await control('POST', `/redeliver/${name}`)),
      left: async () => {
        const { visible = 0, inFlight = 0 } = await control('GET', `/queues/${name}`)
        return visible + inFlight
      },
      play: async (fault) => {
        const injected = { throttle: 'throttle', outage: 'reset', garbage: 'garbage', hang: 'hang' }[fault]
        await control('POST', '/faults', { fault: injected, match: { secret: name } })
      },
      recover: async () => void (await control('DELETE', '/faults')),
    }
  },
})
