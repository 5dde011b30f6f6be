import { onTestFinished } from 'vitest'
import { issueServerCertificate, type ServerCertificate } from '../ca.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator.ts'

const issue = (): Promise<ServerCertificate> => issueServerCertificate(['localhost', '127.0.0.1', '::1'])

let certificate: Promise<ServerCertificate> | undefined
let instanceCertificate: Promise<ServerCertificate> | undefined

/** A simulator for one test. All simulators of a test file share certificates, because RSA keys take most of the start time. */
export async function startTestSimulator(options: SimulatorOptions): Promise<Simulator> {
  certificate ??= issue()
  if (typeof options.seed === 'object' && options.seed.instances !== undefined) instanceCertificate ??= issue()
  return startSimulator({
    certificate: await certificate,
    ...(instanceCertificate === undefined ? {} : { instanceCertificate: await instanceCertificate }),
    ...options,
  })
}

/** A simulator that is closed at the end of the current test. */
export async function simulatorOfTest(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startTestSimulator(options)
  onTestFinished(() => simulator.close())
  return simulator
}
