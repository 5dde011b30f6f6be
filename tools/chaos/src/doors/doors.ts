import type { ControlPlane } from '@ack-secret-manager/control-plane'
import type { SimulatorProcess } from '@ack-secret-manager/testbed'
import { readFile } from 'node:fs/promises'
import type { Place } from '../fault.ts'
import { Door } from './door.ts'
import type { DoorKeys } from './door-keys.ts'

/** A door for each service. */
export type Doors = Readonly<Record<Place, Door>>

/** Opens doors to the API server and to all that the simulator plays. */
export async function openDoors(plane: ControlPlane, simulator: SimulatorProcess, keys: DoorKeys): Promise<Doors> {
  const { kms, sts, metadata, instance, oos, instanceCaFile } = simulator.ready
  if (!sts || !metadata || !instance || !oos || !instanceCaFile)
    throw new Error('the seed of the simulator does not name all services')
  const caPem = await readFile(simulator.caFile, 'utf8')
  return {
    api: await Door.open({ place: 'api', target: plane.url, caPem: plane.caPem, keys }),
    kms: await Door.open({ place: 'kms', target: kms, caPem, keys }),
    sts: await Door.open({ place: 'sts', target: sts, caPem, keys }),
    metadata: await Door.open({ place: 'metadata', target: metadata, caPem }),
    instance: await Door.open({
      place: 'instance',
      target: instance,
      caPem: await readFile(instanceCaFile, 'utf8'),
      keys,
    }),
    oos: await Door.open({ place: 'oos', target: oos, caPem, keys }),
  }
}
