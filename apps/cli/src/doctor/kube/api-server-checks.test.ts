import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { expect, it } from 'vitest'
import type { Finding } from '../check.ts'
import { apiServerChecks } from './api-server-checks.ts'
import type { KubeContext } from './kube-context.ts'

const CHART = path.join(import.meta.dirname, '../../../../operator/chart/Chart.yaml')

async function findingAt(minor: string): Promise<Finding> {
  const client = { description: 'admin', get: async () => ({ major: '1', minor, gitVersion: `v1.${minor}.0` }) }
  const [reach] = apiServerChecks({ client } as unknown as KubeContext)
  return (await reach?.run(new AbortController().signal)) as Finding
}

it('requires the same Kubernetes version as the chart', async () => {
  const { kubeVersion } = parse(await readFile(CHART, 'utf8')) as { readonly kubeVersion: string }
  const oldest = Number(/^>=1\.(\d+)/.exec(kubeVersion)?.[1])
  expect(await findingAt(`${oldest}+`)).toEqual({ status: 'ok', detail: `Kubernetes v1.${oldest}+.0, admin` })
  expect(await findingAt(`${oldest - 1}`)).toMatchObject({
    status: 'failed',
    action: `Update the cluster to Kubernetes 1.${oldest} or newer`,
  })
})
