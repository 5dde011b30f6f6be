import type { ControlPlane } from '@ack-secret-manager/control-plane'
import type { SimulatorProcess } from '@ack-secret-manager/testenv'
import { readFile } from 'node:fs/promises'
import { FaultProxy, type ProxyCertificates } from '@ack-secret-manager/test-support/fault-proxy'
import type { Service } from './fault.ts'

/** One proxy per service. */
export type FaultProxies = Readonly<Record<Service, FaultProxy>>

/** Opens proxies for the API server and for all services of the simulator. */
export async function openFaultProxies(
  plane: ControlPlane,
  simulator: SimulatorProcess,
  keys: ProxyCertificates,
): Promise<FaultProxies> {
  const { kms, sts, metadata, instance, oos, instanceCaFile } = simulator.ready
  if (!sts || !metadata || !instance || !oos || !instanceCaFile)
    throw new Error('the seed of the simulator does not configure all services')
  const caPem = await readFile(simulator.caFile, 'utf8')
  return {
    api: await FaultProxy.open({ service: 'api', target: plane.url, caPem: plane.caPem, keys }),
    kms: await FaultProxy.open({ service: 'kms', target: kms, caPem, keys }),
    sts: await FaultProxy.open({ service: 'sts', target: sts, caPem, keys }),
    metadata: await FaultProxy.open({ service: 'metadata', target: metadata, caPem }),
    instance: await FaultProxy.open({
      service: 'instance',
      target: instance,
      caPem: await readFile(instanceCaFile, 'utf8'),
      keys,
    }),
    oos: await FaultProxy.open({ service: 'oos', target: oos, caPem, keys }),
  }
}
