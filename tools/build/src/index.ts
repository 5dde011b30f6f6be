export { application } from './application.ts'
export { library } from './library.ts'
export { templateEngine } from './template-engine.ts'
