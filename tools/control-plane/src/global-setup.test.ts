import { expect, it } from 'vitest'
import { ControlPlaneFailed, ControlPlaneUnavailable } from './control-plane-error.ts'
import { maySkip } from './global-setup.ts'

const unavailable = (goPresent: boolean): Error => new ControlPlaneUnavailable('no control plane', { goPresent })

it.each<[string, Error, string | undefined, boolean]>([
  ['without Go on a laptop', unavailable(false), undefined, true],
  ['without Go in CI', unavailable(false), 'true', false],
  ['with Go', unavailable(true), undefined, false],
  ['when a program does not start', new ControlPlaneFailed('etcd ended'), undefined, false],
])('%s', (_case, error, ci, skips) => expect(maySkip(error, ci)).toBe(skips))
