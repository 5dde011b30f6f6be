import {
  issueServerCertificate,
  type ServerCertificate,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '@ack-secret-manager/kms-simulator'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'

let certificate: Promise<ServerCertificate> | undefined

/** Certificate of the simulators of all files of a worker, because RSA keys take most of the start time. */
export function kmsCertificate(): Promise<ServerCertificate> {
  certificate ??= issueServerCertificate(['localhost', '127.0.0.1', '::1'])
  return certificate
}

/** A simulator of the tests of a file, whose CA this process trusts meanwhile. */
export function useSimulator(seedOf: () => SimulatorOptions['seed'] | Promise<SimulatorOptions['seed']>): Simulator {
  const simulator = useFixture(async () =>
    startSimulator({ certificate: await kmsCertificate(), seed: await seedOf() }),
  )
  useTrusted(() => simulator.caPem)
  return simulator
}
