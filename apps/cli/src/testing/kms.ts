import type { SimulatorOptions } from '@ack-secret-manager/kms-simulator'
import { simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import { useSimulator } from './kms-certificate.ts'
import { CANARY } from './run.ts'

/** Bytes that are not text in any known encoding. */
export const BINARY = Buffer.from([0, 255, 254, 10, 13, 128, 0])

/** An identity that may read everything below `app/`. */
export const KEY = { id: 'LTAI5tCliTest', secret: `${CANARY}-ak-secret` }

/** Environment variables of this identity. */
export const KEY_ENV = { ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.secret }

/** A simulator over TLS for the tests of a file. */
export function useKms() {
  const simulator = useSimulator(seed)
  return {
    /** `127.0.0.1:port` */
    get endpoint() {
      return new URL(simulator.kms).host
    },
    /** Flags for this endpoint. */
    get flags() {
      return ['--endpoint', new URL(simulator.kms).host]
    },
    /** The CA of the simulator, for other processes. */
    get caPem() {
      return simulator.caPem
    },
    /** Changes, faults and counters. */
    control: simulatorControl(() => simulator.control),
  }
}

export type TestKms = ReturnType<typeof useKms>

function seed(): SimulatorOptions['seed'] {
  return {
    accessKeys: [{ ...KEY, allow: [{ actions: ['kms:GetSecretValue'], resources: ['app/*'] }] }],
    secrets: [
      { name: 'app/db', versions: [{ id: 'v1', data: `{"user":"tom","password":"${CANARY}-one","port":5432}` }] },
      { name: 'app/token', versions: [{ id: 'v1', data: `${CANARY}-token\nsecond line` }] },
      { name: 'app/keystore', dataType: 'binary', versions: [{ id: 'v7', dataBase64: BINARY.toString('base64') }] },
      { name: 'app/odd', versions: [{ id: 'v1', data: '{"a":"yes","b":"2001-01-01","c":"0777","d":"~"}' }] },
      { name: 'other/denied', versions: [{ id: 'v1', data: `${CANARY}-denied` }] },
    ],
  }
}
