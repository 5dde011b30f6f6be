import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { startControlPlane } from './start-control-plane.ts'
import { describeCluster } from './testing.ts'

describeCluster('an audit log of bodies', () => {
  it.each([
    { audit: 'bodies', has: 'all requests, and written objects without Secrets and tokens', reads: false },
    { audit: 'everything', has: 'written and read objects and responses, without Secrets and tokens', reads: true },
  ] as const)('has $has with $audit', async ({ audit, reads }) => {
    await using temporary = await mkdtempDisposable(path.join(tmpdir(), 'acksm-audit-'))
    const { path: directory } = temporary
    const auditLogPath = path.join(directory, 'audit.log')
    await using plane = await startControlPlane({ audit, auditLogPath, controllerManager: false })
    expect(plane.auditLogPath).toBe(auditLogPath)
    const write = async (kind: string, data: object): Promise<void> => {
      const object = { apiVersion: 'v1', kind, metadata: { name: `a-${kind.toLowerCase()}` }, ...data }
      const { status } = await plane.request('POST', `/api/v1/namespaces/default/${kind.toLowerCase()}s`, object)
      expect(status).toBe(201)
    }
    await write('ConfigMap', { data: { key: 'in a configmap' } })
    await write('Secret', { stringData: { key: 'in a secret' } })
    await write('Secret', { data: { key: btoa('in a secret') }, metadata: { name: 'another' } })
    await plane.request('GET', '/api/v1/namespaces/default/configmaps/a-configmap?pretty=a-read')
    await plane.request('GET', '/api/v1/namespaces/default/secrets')
    const log = await readFile(auditLogPath, 'utf8')
    expect(log).toContain('"key":"in a configmap"')
    expect(log).toContain('"name":"a-secret"')
    expect(log).not.toMatch(new RegExp(`in a secret|${btoa('in a secret')}`))
    const read = log.split('\n').find((line) => line.includes('pretty=a-read')) ?? ''
    expect(read.includes('"key":"in a configmap"')).toBe(reads)
    expect(read).not.toBe('')
  })
})
