import { library } from '@ack-secret-manager/build'

export default library({
  entry: ['src/index.ts', 'src/go-template-worker.ts'],
  dts: { entry: ['src/index.ts'] },
  // Next to the worker, which reads it.
  publicDir: 'wasm',
})
