import { seen, unseen as other } from './second.cjs';
