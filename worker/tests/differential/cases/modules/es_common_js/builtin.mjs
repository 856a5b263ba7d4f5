import { nothing } from 'node:path';
