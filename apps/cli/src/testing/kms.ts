import { type Simulator, startSimulator } from '@ack-secret-manager/kms-simulator'
import { type SimulatorControl, simulatorControl } from '@ack-secret-manager/test-support/simulator-control'
import tls from 'node:tls'
import { afterAll, beforeAll } from 'vitest'
import { kmsCertificate } from './kms-certificate.ts'
import { CANARY } from './run.ts'

/** Bytes that are not text in any known encoding. */
export const BINARY = Buffer.from([0, 255, 254, 10, 13, 128, 0])

/** An identity that may read everything below `app/`. */
export const KEY = { id: 'LTAI5tCliTest', secret: `${CANARY}-ak-secret` }

/** Environment variables of this identity. */
export const KEY_ENV = { ALIBABA_CLOUD_ACCESS_KEY_ID: KEY.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: KEY.secret }

/** A simulator over TLS for the tests of a file. */
export interface TestKms {
  /** `127.0.0.1:port` */
  readonly endpoint: string
  /** Flags for this endpoint. */
  readonly flags: readonly string[]
  /** The CA of the simulator, for other processes. */
  readonly caPem: string
  /** Changes, faults and counters. */
  readonly control: SimulatorControl
}

/** Starts a simulator before the first test of the file; this process trusts its CA from then on. */
export function useKms(): TestKms {
  let simulator: Simulator | undefined
  let caPem = ''
  const running = (): Simulator => {
    if (!simulator) throw new Error('the simulator is there from beforeAll to afterAll only')
    return simulator
  }
  beforeAll(async () => {
    const certificate = await kmsCertificate()
    caPem = certificate.rootPem
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), caPem])
    simulator = await startSimulator({ certificate, seed: seed() })
  })
  afterAll(() => simulator?.close())
  return {
    get endpoint() {
      return new URL(running().kms).host
    },
    get flags() {
      return ['--endpoint', new URL(running().kms).host]
    },
    get caPem() {
      return caPem
    },
    control: (...request) => simulatorControl(running().control)(...request),
  }
}

function seed(): Parameters<typeof startSimulator>[0]['seed'] {
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
