import path from 'node:path'
import { expect, it } from 'vitest'
import { ControlPlaneFailed, ControlPlaneUnavailable } from './control-plane-error.ts'
import { maySkip, planesFor } from './global-setup.ts'

const unavailable = (goPresent: boolean): Error => new ControlPlaneUnavailable('no control plane', { goPresent })

it.each<[string, Error, string | undefined, boolean]>([
  ['without Go on a laptop', unavailable(false), undefined, true],
  ['without Go in CI', unavailable(false), 'true', false],
  ['with Go', unavailable(true), undefined, false],
  ['when a program does not start', new ControlPlaneFailed('etcd ended'), undefined, false],
])('%s', (_case, error, ci, skips) => expect(maySkip(error, ci)).toBe(skips))

it.each([
  ['each worker has its own', ['apps/a', 'apps/b', 'e2e/c', 'e2e/d', 'e2e/e'], 4],
  ['no more than files', ['apps/a', 'packages/b'], 2],
  ['files of packages share one', ['packages/a', 'packages/b'], 1],
  ['there is one without files', [], 1],
])('control planes: %s', (_rule, files, count) => {
  expect(
    planesFor(
      4,
      files.map((file) => path.normalize(file)),
    ),
  ).toBe(count)
})
