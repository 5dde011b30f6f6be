import type { Closers } from './closers.ts'
import { Listener, type ListenerOptions } from './listener.ts'

/** Ports count up from the first in this order, even if some are unused. */
const PORT_ORDER = ['kms', 'control', 'sts', 'metadata', 'instance', 'oos', 'smq', 'registry'] as const

/** The highest port of KMS that leaves one for each other listener. */
export const HIGHEST_FIRST_PORT = String(65_535 - (PORT_ORDER.length - 1))

/** See {@link startListeners}. */
export type ListenerName = (typeof PORT_ORDER)[number]

/** Starts the listeners in order; `closers` closes the started ones, also if a later one fails. */
export async function startListeners(
  handlers: Readonly<Record<ListenerName, Omit<ListenerOptions, 'host' | 'port'> | undefined>>,
  place: { readonly host: string; readonly port: number },
  closers: Closers,
): Promise<Readonly<Record<ListenerName, string | undefined>>> {
  const urls: Partial<Record<ListenerName, string>> = {}
  for (const [at, name] of PORT_ORDER.entries()) {
    const options = handlers[name]
    if (options === undefined) continue
    const port = place.port === 0 ? 0 : place.port + at
    const listener = await Listener.start({ ...options, host: place.host, port })
    closers.add(() => listener.close())
    urls[name] = listener.url
  }
  return {
    kms: urls.kms,
    control: urls.control,
    sts: urls.sts,
    metadata: urls.metadata,
    instance: urls.instance,
    oos: urls.oos,
    smq: urls.smq,
    registry: urls.registry,
  }
}
