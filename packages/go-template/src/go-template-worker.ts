import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadData, ThreadMessage, ThreadRequest } from './thread-protocol.ts'
import { compileModule } from './wasm-module.ts'
import { EngineLost, WasmEngine } from './wasm-engine.ts'

const { progress, module: compiled } = workerData as ThreadData

function say(message: ThreadMessage): void {
  const outputs = message.kind === 'outputs' ? message.outputs : []
  parentPort?.postMessage(
    message,
    outputs.map(({ buffer }) => buffer),
  )
}

function render(engine: WasmEngine, { request, templates }: ThreadRequest): ThreadMessage {
  const outputs: Uint8Array<ArrayBuffer>[] = []
  for (const result of engine.render(request, templates)) {
    if (result.kind === 'failure') return { kind: 'failure', template: outputs.length, failure: result }
    outputs.push(result.output)
    Atomics.store(progress, 0, outputs.length)
  }
  return { kind: 'outputs', outputs }
}

try {
  const module = compiled ?? (await compileModule())
  const engine = await WasmEngine.start(module)
  parentPort?.on('message', (request: ThreadRequest) => {
    try {
      say(render(engine, request))
    } catch (error) {
      say({ kind: 'lost', reason: error instanceof EngineLost ? error.reason : 'defect' })
    } finally {
      request.request.fill(0)
    }
  })
  say({ kind: 'ready', module })
} catch (error) {
  say({ kind: 'unusable', problem: error instanceof Error ? error.message : 'unknown' })
}
