import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { isGoNewEnough, versionsOf } from './versions.ts'

it('reads the pinned versions of go.mod', () => {
  const versions = versionsOf(readFileSync(new URL('../../go/go.mod', import.meta.url), 'utf8'))
  expect(versions).toEqual({ go: '1.26.0', kubernetes: '1.36.3', etcd: '3.6.8' })
})

it('reads the oldest Kubernetes that the chart supports', () => {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
  const { kubernetes } = versionsOf(read('../../go/oldest.mod'))
  const [, oldest] = /^kubeVersion: '>=(\d+\.\d+)\./m.exec(read('../../../../apps/operator/chart/Chart.yaml')) ?? []
  expect(kubernetes.replace(/\.\d+$/, '')).toBe(oldest)
})

it('names a missing version', () => expect(() => versionsOf('go 1.26.0\n')).toThrow('no version of k8s.io/kubernetes'))

it.each([
  ['go1.26.0', true],
  ['go1.26.8', true],
  ['go1.27', true],
  ['go2.0.0', true],
  ['go1.9.7', false],
  ['go1.25.9', false],
  ['devel', false],
])('%s for 1.26.0: %s', (found, enough) => expect(isGoNewEnough(found, '1.26.0')).toBe(enough))
