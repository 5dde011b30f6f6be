import type { ActionRequest, ActionResult } from '../../model/views/index.ts'
import { failureMessage } from './use-detail.ts'

/** An action may wait for the API server. */
const DEADLINE_MS = 30_000

/** Asks the server for an action; a failure of the request is a failed result. */
export async function requestAction(request: ActionRequest): Promise<ActionResult> {
  try {
    const response = await fetch('api/v1/actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      cache: 'no-store',
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    if (response.ok) return (await response.json()) as ActionResult
    return { result: 'failed', message: await failureMessage(response) }
  } catch (error) {
    return { result: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
