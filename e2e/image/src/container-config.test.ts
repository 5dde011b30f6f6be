import { describe, expect, it } from 'vitest'
import type { PodSecurity } from '@ack-secret-manager/e2e-install/pod-run'
import { containerConfig } from './container-config.ts'

const image = { User: '65532:65532', Env: ['PATH=/bin'], Entrypoint: ['/node', 'x.js'], Labels: {} }
const drop = { capabilities: { drop: ['ALL'] } }
const restricted = { ...drop, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true }

function configOf(pod: PodSecurity, user = image.User): object {
  const run = { command: { args: ['--a'] }, env: { B: 'c' }, mounts: { '/ca': '/tmp/ca' } }
  return containerConfig({ ...run, pod, image: { ...image, User: user }, root: '/r', seccomp: { is: 'default' } })
}

describe('a container', () => {
  it('combines exactly the settings of image and pod', () => {
    const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
    expect(configOf({ securityContext, containers: [{ securityContext: restricted }] })).toMatchObject({
      process: {
        user: { uid: 65532, gid: 65532 },
        args: ['/node', 'x.js', '--a'],
        env: ['PATH=/bin', 'B=c'],
        noNewPrivileges: true,
        capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      },
      root: { path: '/r', readonly: true },
      mounts: expect.arrayContaining([
        expect.objectContaining({
          destination: '/ca',
          source: '/tmp/ca',
          options: expect.arrayContaining(['ro']) as [],
        }),
      ]) as [],
      linux: { seccomp: { is: 'default' } },
    })
  })

  it.each<[string, PodSecurity, object]>([
    ['writes its root', { containers: [{ securityContext: drop }] }, { root: { path: '/r', readonly: false } }],
    ['may gain privileges', { containers: [{ securityContext: drop }] }, { process: { noNewPrivileges: false } }],
    [
      'runs as another user than that of the image',
      { securityContext: { runAsUser: 7, runAsGroup: 8 }, containers: [{ securityContext: drop }] },
      { process: { user: { uid: 7, gid: 8 } } },
    ],
  ])('%s if the pod allows it', (_rule, pod, expected) => expect(configOf(pod)).toMatchObject(expected))

  it.each<[string, PodSecurity, string]>([
    [
      'root if the pod forbids it',
      { securityContext: { runAsNonRoot: true }, containers: [{ securityContext: drop }] },
      'runAsNonRoot',
    ],
    ['capabilities', { containers: [{}] }, 'capabilities'],
  ])('is refused with %s', (_rule, pod, message) => expect(() => configOf(pod, '0:0')).toThrow(message))
})
