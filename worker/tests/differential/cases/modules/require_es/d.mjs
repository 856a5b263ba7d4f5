export const __esModule = true; export default 5;
