export { BackendPackages, type BackendPackagesOptions, loadBackendPackages } from './backend-packages.ts'
