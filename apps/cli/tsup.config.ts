import { application, templateEngine } from '@ack-secret-manager/build'

// In chunks, so that a command loads only what it needs.
export default application({
  entry: { index: 'src/index.ts', main: 'src/main.ts', ...templateEngine.entry },
  dts: { entry: ['src/index.ts'] },
  splitting: true,
  publicDir: templateEngine.publicDir,
})
