import { application } from '@ack-secret-manager/build'

// In chunks, so that a command loads only what it needs.
export default application({
  entry: ['src/index.ts', 'src/main.ts'],
  dts: { entry: ['src/index.ts'] },
  splitting: true,
})
