import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, isSecretSyncError } from '@ack-secret-manager/core'
import type { z } from 'zod'
import { describeIssues } from '../describe-issues.ts'
import type { AccessKeys } from '../gateway/access-keys.ts'
import { ApiError } from '../gateway/api-error.ts'
import type { CallLog } from '../gateway/call-log.ts'
import type { Faults } from '../gateway/faults.ts'
import { readBody } from '../gateway/http-body.ts'
import type { KmsState } from '../kms/kms-state.ts'
import { rotate } from '../kms/rotate.ts'
import { CURRENT, isLabel } from '../kms/secret.ts'
import { moveStage } from '../kms/versions.ts'
import { whyKeyIsInconsistent } from '../seed.ts'
import { changeSecrets } from './change-secrets.ts'
import { ControlError } from './control-error.ts'
import { type ControlTarget, parseControlPath } from './control-path.ts'
import {
  faultSchema,
  putAccessKeySchema,
  putSecretSchema,
  putSecretsSchema,
  putStageSchema,
  rotateSchema,
} from './control-schemas.ts'
import { selectCalls } from './select-calls.ts'

/** Options of {@link ControlApi}. */
export interface ControlApiOptions {
  readonly state: KmsState
  readonly accessKeys: AccessKeys
  readonly faults: Faults
  readonly calls: CallLog
  readonly clock: Pick<Clock, 'now'>
  readonly onDefect: (error: unknown) => void
}

interface ControlRequest {
  readonly target: ControlTarget
  readonly query: URLSearchParams
  readonly body: Buffer
}

const MAX_BODY_BYTES = 64 * 1024 * 1024

function parseBody<S extends z.ZodType>(body: Buffer, schema: S): z.output<S> {
  let value: unknown = {}
  try {
    if (body.length > 0) value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new ControlError(400, 'the body is not JSON')
  }
  const result = schema.safeParse(value)
  if (!result.success) throw new ControlError(400, describeIssues(result.error).message)
  return result.data
}

/** The control port: changes what the simulator holds, makes it fail, tells what it was asked. */
export class ControlApi {
  readonly #options: ControlApiOptions
  readonly #routes: Readonly<Record<string, (request: ControlRequest) => object>> = {
    'PUT secrets': (request) => this.#putSecrets(request),
    'DELETE secrets': (request) => this.#deleteSecret(request),
    'PUT stages': (request) => this.#putStage(request),
    'POST rotate': (request) => this.#rotate(request),
    'POST faults': (request) => this.#addFault(request),
    'DELETE faults': () => this.#clearFaults(),
    'PUT accessKeys': (request) => this.#putAccessKey(request),
    'DELETE accessKeys': (request) => this.#deleteAccessKey(request),
    'GET calls': ({ query }) => selectCalls(this.#options.calls.list(), query),
    'DELETE calls': () => this.#clearCalls(),
  }

  constructor(options: ControlApiOptions) {
    this.#options = options
  }

  /** Handles one request to its end. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#answer(request)
    if (response.destroyed) return
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    try {
      const body = await readBody(request, MAX_BODY_BYTES)
      if (body === undefined) throw new ControlError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`)
      const [path = '', query = ''] = (request.url ?? '').split('?', 2)
      const target = parseControlPath(path)
      const route = this.#routes[`${request.method} ${target.collection}`]
      if (route === undefined) throw new ControlError(405, `${request.method} does not go with /${target.collection}`)
      return { status: 200, body: route({ target, query: new URLSearchParams(query), body }) }
    } catch (error) {
      if (error instanceof ControlError || error instanceof ApiError) {
        return { status: error.status, body: { message: error.message } }
      }
      if (isSecretSyncError(error)) return { status: 400, body: { message: error.message } }
      this.#options.onDefect(error)
      return { status: 500, body: { message: 'a defect of the simulator' } }
    }
  }

  #putSecrets({ target: { name }, body }: ControlRequest): object {
    const { state, clock } = this.#options
    if (name === '') return { changed: changeSecrets(state, parseBody(body, putSecretsSchema), clock.now()).length }
    const [versionId] = changeSecrets(state, [{ name, ...parseBody(body, putSecretSchema) }], clock.now())
    return { name, versionId }
  }

  #deleteSecret({ target: { name } }: ControlRequest): object {
    if (!this.#options.state.vault.delete(name)) throw new ControlError(404, `there is no secret ${name}`)
    return { name }
  }

  #putStage({ target: { name }, body }: ControlRequest): object {
    const { state, clock } = this.#options
    const { stage, versionId } = parseBody(body, putStageSchema)
    if (!isLabel(stage)) throw new ControlError(400, 'stage: not a stage')
    const secret = state.vault.getUsable(name, clock.now())
    state.vault.set(moveStage(secret, { stage, moveTo: versionId }, clock.now()))
    return { name, stage, versionId }
  }

  #rotate({ target: { name }, body }: ControlRequest): object {
    const { state, clock } = this.#options
    const { versionId } = parseBody(body, rotateSchema)
    if (versionId !== undefined && !isLabel(versionId)) throw new ControlError(400, 'versionId: not a version id')
    const rotated = rotate(state.vault.getUsable(name, clock.now()), { versionId, nowMs: clock.now() })
    state.vault.set(rotated)
    return { name, versionId: rotated.versions.find(({ stages }) => stages.includes(CURRENT))?.id }
  }

  #addFault({ body }: ControlRequest): object {
    if (!this.#options.faults.add(parseBody(body, faultSchema)))
      throw new ControlError(409, 'there are too many faults')
    return {}
  }

  #clearFaults(): object {
    this.#options.faults.clear()
    return {}
  }

  #putAccessKey({ target: { name: id }, body }: ControlRequest): object {
    const { accessKeys } = this.#options
    const { expiration, ...given } = parseBody(body, putAccessKeySchema)
    const last = accessKeys.lastKnown(id)
    const secret = given.secret ?? last?.secret
    if (id === '' || secret === undefined) throw new ControlError(400, 'secret: a new key needs one')
    const expiresAtMs = expiration === undefined ? last?.expiresAtMs : Date.parse(expiration)
    const securityToken = given.securityToken ?? last?.securityToken
    const why = whyKeyIsInconsistent({ id, securityToken, expiration })
    if (why !== undefined) throw new ControlError(400, why)
    accessKeys.put({ id, secret, securityToken, expiresAtMs, allow: given.allow ?? last?.allow ?? [] })
    return { id }
  }

  #deleteAccessKey({ target: { name: id } }: ControlRequest): object {
    if (!this.#options.accessKeys.delete(id)) throw new ControlError(404, `there is no access key ${id}`)
    return { id }
  }

  #clearCalls(): object {
    this.#options.calls.clear()
    return {}
  }
}
