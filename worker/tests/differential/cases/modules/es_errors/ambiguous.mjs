import { a } from './both.mjs';
