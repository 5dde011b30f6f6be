import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ApiFailure } from '../../model/views/index.ts'
import { useApp } from './app.ts'

/** Changes within this time lead to one read. */
const GATHER_MS = 250

/** A detail of the API: `known` keeps the last value while it is read again, or cannot be. */
export type Detail<Value> =
  | { readonly state: 'loading' | 'missing' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'known'; readonly value: Value }

/**
 * Reads a detail, and again whenever the stream says that it has changed, or is live after an interruption.
 * @param path relative to the page, such as `api/v1/externalsecrets/shop/api`
 * @param id as in {@link ClusterData.touched}
 */
export function useDetail<Value>(path: string, id: string): ReadonlySignal<Detail<Value>> {
  const { data } = useApp()
  const detail = useSignal<Detail<Value>>({ state: 'loading' })
  const reading = useSignal(new AbortController())
  const read = () => {
    reading.peek().abort()
    const controller = new AbortController()
    reading.value = controller
    void replaceDetail(detail, path, controller.signal)
  }
  useEffect(() => {
    detail.value = { state: 'loading' }
    read()
    return () => reading.peek().abort()
  }, [path])
  useSignalEffect(() => {
    if (!data.touched.value.has(id)) return undefined
    const timer = setTimeout(read, GATHER_MS)
    return () => clearTimeout(timer)
  })
  return detail
}

async function replaceDetail<Value>(detail: Signal<Detail<Value>>, path: string, signal: AbortSignal): Promise<void> {
  const next = await readDetail<Value>(path, signal)
  if (signal.aborted || next === undefined) return
  // What was read before is better than a message.
  if (next.state !== 'failed' || detail.peek().state !== 'known') detail.value = next
}

async function readDetail<Value>(path: string, signal: AbortSignal): Promise<Detail<Value> | undefined> {
  try {
    const response = await fetch(path, { cache: 'no-store', signal })
    if (response.ok) return { state: 'known', value: (await response.json()) as Value }
    if (response.status === 404) return { state: 'missing' }
    return { state: 'failed', message: await failureMessage(response) }
  } catch (error) {
    return signal.aborted ? undefined : { state: 'failed', message: String(error) }
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
