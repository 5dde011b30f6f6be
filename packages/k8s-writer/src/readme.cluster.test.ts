import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it, vi } from 'vitest'
import { parse, stringify } from 'yaml'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

it('the README shows this example', () => {
  expect(/```ts\n(.*?)```/s.exec(read('../README.md'))?.[1]).toBe(read('./readme.example.ts'))
})

describeCluster('the README example', () => {
  const cluster = useCluster()

  it('detects and repairs an edit by another client', async () => {
    // In its own namespace, because `default` contains Secrets of other test files.
    const config = parse(readFileSync(cluster.kubeconfigPath, 'utf8')) as { contexts: { context: object }[] }
    for (const each of config.contexts) each.context = { ...each.context, namespace: cluster.namespace }
    const directory = mkdtempSync(join(tmpdir(), 'k8s-writer-'))
    const kubeconfigPath = join(directory, 'kubeconfig')
    writeFileSync(kubeconfigPath, stringify(config), { mode: 0o600 })
    vi.stubEnv('KUBECONFIG', kubeconfigPath)
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import('./readme.example.ts')
    expect(log.mock.calls).toEqual([
      ['changed', ['readme-db']],
      ['drifted', ['password']],
      ['drifted', []],
    ])
    log.mockRestore()
    vi.unstubAllEnvs()
    rmSync(directory, { recursive: true })
  })
})
