import { readFileSync } from 'node:fs'
import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it, vi } from 'vitest'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

it('the README shows this example', () => {
  expect(/```ts\n(.*?)```/s.exec(read('../README.md'))?.[1]).toBe(read('./readme.example.ts'))
})

describeCluster('the README example', () => {
  const cluster = useCluster()

  it('reports the creation, change and deletion of its ConfigMap', async () => {
    vi.stubEnv('KUBECONFIG', cluster.kubeconfigPath)
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import('./readme.example.ts')
    expect(log.mock.calls.map(([change]) => change as unknown)).toEqual([
      { kind: 'added', key: 'default/greeting', object: { name: 'default/greeting', keys: ['hello'] } },
      {
        kind: 'updated',
        key: 'default/greeting',
        object: { name: 'default/greeting', keys: ['goodbye'] },
        previous: { name: 'default/greeting', keys: ['hello'] },
      },
      { kind: 'deleted', key: 'default/greeting', previous: { name: 'default/greeting', keys: ['goodbye'] } },
    ])
    log.mockRestore()
    vi.unstubAllEnvs()
  })
})
