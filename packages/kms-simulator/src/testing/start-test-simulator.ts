import { issueServerCertificate, type ServerCertificate } from '../ca.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator.ts'

let certificate: Promise<ServerCertificate> | undefined

/** A simulator for one test. All of a file share a certificate: three RSA keys are most of what a start costs. */
export async function startTestSimulator(options: SimulatorOptions): Promise<Simulator> {
  certificate ??= issueServerCertificate(['127.0.0.1'])
  return startSimulator({ certificate: await certificate, ...options })
}
