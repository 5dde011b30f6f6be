/** Sends one request to the control port of a simulator. @throws Error if it is rejected */
export type SimulatorControl = (method: string, path: string, body?: unknown) => Promise<unknown>

const REQUEST_DEADLINE_MS = 30_000

/** The control port at this URL; a function gives that of a simulator that starts later. A response without a body returns undefined. */
export function simulatorControl(controlUrl: string | (() => string)): SimulatorControl {
  return async (method, path, body) => {
    const response = await fetch(new URL(path, typeof controlUrl === 'string' ? controlUrl : controlUrl()), {
      method,
      signal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`simulator: ${method} ${path}: HTTP ${response.status} ${text}`)
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  }
}

/** Number of calls by action and result: `{ 'AssumeRole OK': 2 }`. */
export async function callsByResult(control: SimulatorControl): Promise<Record<string, number>> {
  const { calls } = (await control('GET', '/calls?groupBy=action,result')) as {
    calls: { action: string; result: string; count: number }[]
  }
  return Object.fromEntries(calls.map(({ action, result, count }) => [`${action} ${result}`, count]))
}
