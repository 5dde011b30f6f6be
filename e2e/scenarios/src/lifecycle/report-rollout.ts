import type { ApiRequest } from '@ack-secret-manager/control-plane'

interface Deployment {
  readonly metadata: { readonly generation: number }
}

/** Reports the rollout of a Deployment as its controller does, which does not run here. @throws Error if the API server rejects it */
export async function reportRollout(
  request: ApiRequest,
  path: string,
  progressing: 'True' | 'False',
  reason: string,
): Promise<void> {
  const { generation: observedGeneration } = (await request<Deployment>('GET', path)).body.metadata
  const condition = { type: 'Progressing', status: progressing, reason, lastUpdateTime: null, lastTransitionTime: null }
  const { status } = await request('PATCH', `${path}/status`, {
    status: { observedGeneration, conditions: [condition] },
  })
  if (status !== 200) throw new Error(`${path}: HTTP ${status}`)
}
