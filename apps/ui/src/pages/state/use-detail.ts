import { type ReadonlySignal, useComputed } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { ApiFailure } from '../../model/views/index.ts'
import { useApp } from './app.ts'
import { type Detail, LiveDetail, type LiveDetailOptions } from './live-detail.ts'

/** The server waits for the API server, but not as long. */
const DEADLINE_MS = 30_000

/**
 * Reads a detail, and again whenever the stream says that it has changed, or the API server responds again.
 * @param path relative to the page, such as `api/v1/externalsecrets/shop/api`
 * @param options.id as in {@link ClusterData.touched}
 */
export function useDetail<Value>(
  path: string,
  { id, ...options }: { readonly id: string } & Pick<LiveDetailOptions<Value>, 'isIncomplete' | 'isPolled'>,
): ReadonlySignal<Detail<Value>> {
  const { data, connection } = useApp()
  const detail = useMemo(
    () => new LiveDetail<Value>({ read: (signal) => readDetail(path, signal), ...options }),
    [path],
  )
  const isLive = useComputed(() => connection.view.value.state === 'live' && data.cluster.value?.state === 'live')
  useEffect(() => {
    detail.start()
    const ends = [
      onChange(data.touched, (ids) => ids.has(id) && detail.refresh()),
      // Also what has not changed may have failed meanwhile.
      onChange(isLive, (isNow) => isNow && detail.refresh()),
    ]
    return () => {
      for (const end of ends) end()
      detail.close()
    }
  }, [detail])
  return detail.value
}

/** Calls `react` with each value after the present one, until the result is called. */
function onChange<T>(source: ReadonlySignal<T>, react: (value: T) => void): () => void {
  let isFirst = true
  return source.subscribe((value) => {
    if (!isFirst) react(value)
    isFirst = false
  })
}

async function readDetail<Value>(path: string, closing: AbortSignal): Promise<Detail<Value>> {
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(DEADLINE_MS)])
    const response = await fetch(path, { cache: 'no-store', signal })
    if (response.ok) return { state: 'known', value: (await response.json()) as Value }
    // The page knows why: its session has the namespace, and the stream the state of each kind.
    if (response.status === 404 || response.status === 403) return { state: 'missing' }
    return { state: 'failed', message: await failureMessage(response) }
  } catch (error) {
    return { state: 'failed', message: String(error) }
  }
}

/** The message of an {@link ApiFailure}, or the status if the body is something else. */
export async function failureMessage(response: Response): Promise<string> {
  try {
    return ((await response.json()) as ApiFailure).error.message
  } catch {
    return `status ${response.status}`
  }
}
