import type { CommandIo } from '@ack-secret-manager/command-line'
import type { Consent } from '../terminal/consent.ts'
import { DeclinedError } from '../terminal/declined-error.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Takes Ctrl-C at a question for the answer no, after which the user can edit again. Other signals end the command. */
export function keepingText(consent: Consent, io: CommandIo): Consent {
  return async (request) => {
    const stop = new AbortController()
    const release = io.process?.takeSignals(SIGNALS, (signal) => stop.abort(signal))
    try {
      await consent({ ...request, signal: AbortSignal.any([io.signal, stop.signal]) })
    } catch (error) {
      throw stop.signal.reason === 'SIGINT' ? new DeclinedError() : error
    } finally {
      release?.()
    }
  }
}
