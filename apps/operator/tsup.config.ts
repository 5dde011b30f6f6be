import { application, templateEngine } from '@ack-secret-manager/build'

export default application({
  entry: { start: 'src/start.ts', ...templateEngine.entry },
  publicDir: templateEngine.publicDir,
})
