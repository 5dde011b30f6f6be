import {
  type Clock,
  type ErrorFacts,
  isSecretSyncError,
  type SecretRef,
  SecretSyncError,
  Sensitive,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import type { InstanceSigner } from '../instance-identity.ts'
import { clockSkewMs, retryAfterMs } from './answer-headers.ts'
import type { GatewayHttp, HttpAnswer } from './gateway-http.ts'
import { clientKeyVerdict } from './kms-errors.ts'
import { decodeGatewayError, decodeSecretAnswer, encodeGetSecretValue } from './messages.ts'
import { ProtobufError } from './protobuf.ts'
import type { SecretAnswer } from './secret-answer.ts'
import { signedHeaders } from './signed-request.ts'

/** Options of {@link SecretReader.ask}. */
export interface AskOptions {
  /** What is read, for messages: `KMS secret "app/db"`. */
  readonly what: string
  /** The same with the endpoint. */
  readonly where: string
  readonly signal: AbortSignal
}

/** Asks one gateway for values, as one identity. */
export interface SecretReader {
  /** One attempt. @throws SecretSyncError */
  ask(ref: SecretRef, options: AskOptions): Promise<SecretAnswer>
  close(): Promise<void>
}

/** Reads by the gateway's own protocol: protobuf, signed with a client key. */
export function clientKeyReader(signer: InstanceSigner, http: GatewayHttp, clock: Clock): SecretReader {
  return {
    async ask(ref, { where: what, signal }) {
      const body = encodeGetSecretValue(ref)
      const headers = signed(body, { signer, what, nowMs: clock.now() })
      const answer = await http.post({ headers, body }, { what, signal })
      if (answer.status !== 200) throw refusal(answer, what, signer.identity.description, clock.now())
      try {
        return decodeSecretAnswer(answer.body)
      } catch (error) {
        if (error instanceof ProtobufError) throw notTheGateway(what, { httpStatus: 200 })
        throw error
      }
    },
    close: () => http.close(),
  }
}

function signed(
  body: Uint8Array,
  { signer, what, nowMs }: { readonly signer: InstanceSigner; readonly what: string; readonly nowMs: number },
): Readonly<Record<string, string>> {
  try {
    return signedHeaders(body, signer, { apiName: 'GetSecretValue', nowMs })
  } catch (thrown) {
    // A key that is over by now, or closed.
    const error = toSecretSyncError(thrown, what)
    if (!isSecretSyncError(thrown)) throw error
    throw new SecretSyncError(error.code, `${what}: ${error.message}`, { facts: error.facts, cause: error })
  }
}

function refusal(answer: HttpAnswer, what: string, identity: string, nowMs: number): SecretSyncError {
  const { status, headers } = answer
  const error = decodeGatewayError(answer.body)
  const remoteCode = token(error?.code)
  const requestId = token(error?.requestId)
  const pauseMs = retryAfterMs(headers, nowMs)
  const facts: ErrorFacts = {
    httpStatus: status,
    ...(remoteCode === undefined ? {} : { remoteCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(pauseMs === undefined ? {} : { retryAfterMs: pauseMs }),
  }
  // A proxy's page, or another service: only a status that says more than 'no' is worth classifying.
  if (remoteCode === undefined && status !== 413 && status !== 429 && status < 500) return notTheGateway(what, facts)
  const verdict = clientKeyVerdict(
    {
      httpStatus: status,
      remoteCode,
      message: new Sensitive(error?.message ?? ''),
      clockSkewMs: clockSkewMs(headers, nowMs),
    },
    identity,
  )
  return new SecretSyncError(verdict.code, `${what}: ${verdict.hint}${named(facts)}`, { facts })
}

function notTheGateway(what: string, facts: ErrorFacts): SecretSyncError {
  const message = `${what}: the answer is not one of the gateway of a KMS instance${named(facts)}: check the endpoint`
  return new SecretSyncError('InvalidResponse', message, { facts })
}

/** Codes and ids come from the other side: only what looks like one is passed on. */
function token(value: string | undefined): string | undefined {
  return value !== undefined && /^[\w.-]{1,128}$/.test(value) ? value : undefined
}

function named({ remoteCode, httpStatus, requestId }: ErrorFacts): string {
  const parts = [remoteCode, httpStatus && `HTTP ${httpStatus}`, requestId && `request id ${requestId}`]
  return ` (${parts.filter(Boolean).join(', ')})`
}
