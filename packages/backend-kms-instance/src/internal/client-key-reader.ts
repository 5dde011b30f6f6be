import {
  clockSkewMs,
  factsSuffix,
  type HttpsResponse,
  type HttpsConnection,
  classificationFacts,
  errorResponseFacts,
} from '@ack-secret-manager/alicloud-openapi'
import {
  type Clock,
  type ErrorFacts,
  isSecretSyncError,
  type RequestSigner,
  SecretSyncError,
  Sensitive,
  toSecretSyncError,
} from '@ack-secret-manager/core'
import { classifyClientKeyError } from './client-key-errors.ts'
import { decodeGatewayError, decodeSecretResponse, encodeGetSecretValue } from './messages.ts'
import { ProtobufError } from './protobuf.ts'
import type { Explain, SecretReader } from './secret-reader.ts'
import { signedHeaders } from './signed-request.ts'

export interface ClientKeyReaderOptions {
  /** Closed with the reader. */
  readonly connection: HttpsConnection
  readonly explain: Explain
  readonly clock: Clock
}

/** Reads through the gateway protocol: protobuf, signed with a client key. */
export function clientKeyReader(signer: RequestSigner, options: ClientKeyReaderOptions): SecretReader {
  const { connection, explain, clock } = options
  return {
    async request(ref, { where: what, signal }) {
      const body = encodeGetSecretValue(ref)
      const headers = signed(body, { signer, what, nowMs: clock.now() })
      const response = await connection.send({ headers, body }, { what, signal, resend: true })
      if (response.status !== 200) throw refusal(response, what, explain, clock.now())
      try {
        return decodeSecretResponse(response.body)
      } catch (error) {
        if (error instanceof ProtobufError) throw notTheGateway(what, { httpStatus: 200 })
        throw error
      }
    },
    close: () => connection.close(),
  }
}

function signed(
  body: Uint8Array,
  { signer, what, nowMs }: { readonly signer: RequestSigner; readonly what: string; readonly nowMs: number },
): Readonly<Record<string, string>> {
  try {
    return signedHeaders(body, signer, { apiName: 'GetSecretValue', nowMs })
  } catch (thrown) {
    // The key has expired or was closed.
    const error = toSecretSyncError(thrown, what)
    if (!isSecretSyncError(thrown)) throw error
    throw new SecretSyncError(error.code, `${what}: ${error.message}`, { facts: error.facts, cause: error })
  }
}

function refusal(
  { status, headers, body }: HttpsResponse,
  what: string,
  explain: Explain,
  nowMs: number,
): SecretSyncError {
  const error = decodeGatewayError(body)
  const facts = errorResponseFacts({ status, headers, code: error?.code, requestId: error?.requestId }, nowMs)
  const { remoteCode } = facts
  // The page of a proxy or another service. Only 413, 429 and 5xx are meaningful without a code.
  if (remoteCode === undefined && status !== 413 && status !== 429 && status < 500) return notTheGateway(what, facts)
  const failure = { httpStatus: status, remoteCode, message: new Sensitive(error?.message ?? '') }
  const classification = explain(classifyClientKeyError({ ...failure, clockSkewMs: clockSkewMs(headers, nowMs) }))
  const message = `${what}: ${classification.hint}${factsSuffix(facts)}`
  return new SecretSyncError(classification.code, message, { facts: classificationFacts(classification, facts) })
}

function notTheGateway(what: string, facts: ErrorFacts): SecretSyncError {
  const message = `${what}: the response does not come from the gateway of a KMS instance${factsSuffix(facts)}: check the endpoint`
  return new SecretSyncError('InvalidResponse', message, { facts })
}
