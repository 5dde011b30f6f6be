import { until } from '@ack-secret-manager/testenv'
import { describe, expect, it } from 'vitest'
import type { ChaosTests } from './use-chaos-environment.ts'

interface Items<T> {
  readonly items?: readonly T[]
}

interface SeenEvent {
  readonly reason?: string
  readonly note?: string
  readonly eventTime?: string
  readonly series?: { readonly lastObservedTime?: string }
}

interface SeenResource {
  readonly status?: { readonly target?: { readonly name: string; readonly lastChangeTime?: string } }
}

/** A response that is lost, with one replica. */
export function lostResponse(tests: ChaosTests): void {
  describe('a write of a Secret whose response is lost', () => {
    it('is reported with its event and time', async () => {
      const { proxies, plane, driver } = tests.environment
      let path: string | undefined
      proxies.api.hook = {
        after: (call) => {
          if (path !== undefined || call.method !== 'PATCH' || !call.path.includes('/secrets/')) return false
          path = call.path
          return true
        },
      }
      // Times on the API server have a resolution of one second.
      const beganMs = Math.trunc(Date.now() / 1_000) * 1_000
      await driver.do({ kind: 'rotate', secret: 's3' })
      const [, namespace = '', name = ''] = await until('the response to a write is lost', async () => {
        return /\/namespaces\/([^/]+)\/secrets\/([^/?]+)/.exec(path ?? '') ?? undefined
      })
      await tests.converged()
      proxies.api.hook = undefined
      const isSince = (time: string | undefined): boolean => Date.parse(time ?? '') >= beganMs
      const listed = async <T>(group: string): Promise<readonly T[]> =>
        (await plane.request<Items<T>>('GET', `/apis/${group.replace('PLACE', `namespaces/${namespace}`)}`)).body
          .items ?? []
      await until(`an event reports Secret ${name}`, async () =>
        (await listed<SeenEvent>('events.k8s.io/v1/PLACE/events')).some(
          ({ reason, note, eventTime, series }) =>
            reason === 'Synced' &&
            note?.startsWith(`Secret ${name}`) === true &&
            isSince(series?.lastObservedTime ?? eventTime),
        ),
      )
      const resources = await listed<SeenResource>('alibabacloud.com/v1alpha1/PLACE/externalsecrets')
      const target = resources.find(({ status }) => status?.target?.name === name)?.status?.target
      expect(isSince(target?.lastChangeTime)).toBe(true)
    })
  })
}
