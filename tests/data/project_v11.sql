-- A project filled by version 11 of the file format; loaded by tests of migrations. Never edit.
PRAGMA application_id = 0x564F4C45;
PRAGMA user_version = 11;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE annotation_points (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  annotation_id INTEGER NOT NULL REFERENCES annotations ON DELETE CASCADE,
  point_id INTEGER NOT NULL REFERENCES skeleton_points, x REAL NOT NULL, y REAL NOT NULL,
  visible INTEGER NOT NULL CHECK (visible IN (0,1)), UNIQUE (annotation_id, point_id)) STRICT;
INSERT INTO "annotation_points" VALUES(1,2,1,6.0,6.0,1);
INSERT INTO "annotation_points" VALUES(2,3,2,20.5,30.25,1);
INSERT INTO "annotation_points" VALUES(3,3,3,18.0,31.0,0);
INSERT INTO "annotation_points" VALUES(4,5,2,21.0,31.0,1);
INSERT INTO "annotation_points" VALUES(5,5,3,18.5,31.5,1);
INSERT INTO "annotation_points" VALUES(6,5,4,22.5,33.0,1);
CREATE TABLE annotations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, image_id INTEGER NOT NULL REFERENCES images,
  category_id INTEGER NOT NULL REFERENCES categories, track_id INTEGER REFERENCES tracks,
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL, area REAL NOT NULL,
  iscrowd INTEGER NOT NULL CHECK (iscrowd IN (0,1)),
  keyframe INTEGER NOT NULL CHECK (keyframe IN (0,1)),
  occluded INTEGER NOT NULL CHECK (occluded IN (0,1)),
  source TEXT NOT NULL CHECK (source IN ('drawn','accepted','imported','interpolated')),
  job_id INTEGER REFERENCES jobs, author TEXT NOT NULL, updated_at INTEGER NOT NULL,
  polygons TEXT CHECK (polygons IS NULL OR json_valid(polygons)),
  rle TEXT, rle_height INTEGER, rle_width INTEGER,
  extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
  CHECK ((rle IS NULL) = (rle_height IS NULL) AND (rle IS NULL) = (rle_width IS NULL))) STRICT;
INSERT INTO "annotations" VALUES(1,1,1,NULL,3.0,3.0,9.0,9.0,81.0,0,1,0,'drawn',NULL,'',1795257972571,'[[3,3,12,3,12,12,3,12]]',NULL,NULL,NULL,NULL);
INSERT INTO "annotations" VALUES(2,2,1,NULL,5.0,5.0,8.0,8.0,63.0,0,1,0,'drawn',NULL,'someone',1795257972581,'[[5.25,5,13,5,13,13,5,13]]',NULL,NULL,NULL,'{"source_frame":4}');
INSERT INTO "annotations" VALUES(3,2,2,NULL,8.0,26.0,17.0,17.0,197.0,0,1,0,'accepted',2,'someone',1795257972585,'[[25,34.5,23.875,38.75,20.75,41.875,16.5,43,12.25,41.875,9.125,38.75,8,34.5,9.125,30.25,12.25,27.125,16.5,26,20.75,27.125,23.875,30.25]]','R=1\16K4M2O0O2O000O20N10001N101N3L5Jai1',48,64,NULL);
INSERT INTO "annotations" VALUES(4,4,1,NULL,10.0,4.0,17.0,17.0,197.0,0,1,0,'accepted',2,'someone',1795257972602,'[[27,12.5,25.875,16.75,22.75,19.875,18.5,21,14.25,19.875,11.125,16.75,10,12.5,11.125,8.25,14.25,5.125,18.5,4,22.75,5.125,25.875,8.25]]','\?1\16K4M2O0O2O000O20N10001N101N3L5JWg1',48,64,NULL);
INSERT INTO "annotations" VALUES(5,4,2,NULL,10.0,26.0,17.0,17.0,197.0,0,1,0,'accepted',2,'someone',1795257972602,'[[27,34.5,25.875,38.75,22.75,41.875,18.5,43,14.25,41.875,11.125,38.75,10,34.5,11.125,30.25,14.25,27.125,18.5,26,22.75,27.125,25.875,30.25]]','R`01\16K4M2O0O2O000O20N10001N101N3L5Jaf1',48,64,NULL);
INSERT INTO "annotations" VALUES(6,5,1,NULL,11.0,4.0,17.0,17.0,197.0,0,1,0,'accepted',2,'someone',1795257972602,'[[28,12.5,26.875,16.75,23.75,19.875,19.5,21,15.25,19.875,12.125,16.75,11,12.5,12.125,8.25,15.25,5.125,19.5,4,23.75,5.125,26.875,8.25]]','l`01\16K4M2O0O2O000O20N10001N101N3L5Jge1',48,64,NULL);
INSERT INTO "annotations" VALUES(7,5,2,NULL,11.0,26.0,17.0,17.0,197.0,0,1,0,'accepted',2,'someone',1795257972602,'[[28,34.5,26.875,38.75,23.75,41.875,19.5,43,15.25,41.875,12.125,38.75,11,34.5,12.125,30.25,15.25,27.125,19.5,26,23.75,27.125,26.875,30.25]]','ba01\16K4M2O0O2O000O20N10001N101N3L5JQe1',48,64,NULL);
CREATE TABLE behavior_intervals (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  track_id INTEGER REFERENCES tracks, subject TEXT NOT NULL,
  behavior_id INTEGER NOT NULL REFERENCES behaviors,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  present INTEGER NOT NULL CHECK (present IN (0,1)),
  source TEXT NOT NULL CHECK (source IN ('drawn','accepted','imported','interpolated')),
  author TEXT NOT NULL, updated_at INTEGER NOT NULL, note TEXT NOT NULL DEFAULT '', flagged INTEGER NOT NULL DEFAULT 0
  CHECK (flagged IN (0,1)),
  CHECK (start_frame >= 0 AND end_frame > start_frame)) STRICT;
INSERT INTO "behavior_intervals" VALUES(1,1,NULL,'vole_1',1,0,10,1,'drawn','someone',1795257972617,'short',1);
INSERT INTO "behavior_intervals" VALUES(2,1,NULL,'vole_1',1,12,30,1,'drawn','someone',1795257972617,'',0);
INSERT INTO "behavior_intervals" VALUES(3,1,NULL,'vole_1',1,10,12,0,'drawn','someone',1795257972617,'',0);
INSERT INTO "behavior_intervals" VALUES(4,1,NULL,'vole_1',1,40,50,0,'accepted','someone',1795257980000,'',0);
CREATE TABLE behavior_predictions (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos, subject TEXT NOT NULL,
  behavior_id INTEGER NOT NULL REFERENCES behaviors,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL, score REAL NOT NULL, confidence REAL NOT NULL DEFAULT 0,
  CHECK (end_frame > start_frame)) STRICT;
INSERT INTO "behavior_predictions" VALUES(1,2,1,'vole_1',1,3,9,0.5,0.5);
INSERT INTO "behavior_predictions" VALUES(2,4,1,'vole_1',1,20,50,0.875,0.75);
CREATE TABLE behavior_scores (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES behavior_series ON DELETE CASCADE,
  chunk INTEGER NOT NULL CHECK (chunk >= 0), scores BLOB NOT NULL,
  UNIQUE (series_id, chunk)) STRICT;
INSERT INTO "behavior_scores" VALUES(1,1,0,X'FFFFFFFFFFFFFFFFFFFF000000000000000000000040004000400040004000400040004000400040FEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFEFFFF7FFF7FFF7FFF7FFF7FFF7FFF7FFF7FFF7FFF7F');
INSERT INTO "behavior_scores" VALUES(2,2,0,X'FFFFFFFFFFFFFFFFFFFF002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020002000200020');
CREATE TABLE behavior_series (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos, subject TEXT NOT NULL,
  behavior_id INTEGER NOT NULL REFERENCES behaviors,
  UNIQUE (job_id, video_id, subject, behavior_id)) STRICT;
INSERT INTO "behavior_series" VALUES(1,4,1,'vole_1',1);
INSERT INTO "behavior_series" VALUES(2,4,1,'vole_1',2);
CREATE TABLE behaviors (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
  is_point INTEGER NOT NULL CHECK (is_point IN (0,1)), exclusion_group TEXT NOT NULL,
  color INTEGER NOT NULL, shortcut TEXT NOT NULL) STRICT;
INSERT INTO "behaviors" VALUES(1,'walk',0,'move',16711680,'w');
INSERT INTO "behaviors" VALUES(2,'rear',1,'',65280,'r');
CREATE TABLE calibrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL UNIQUE REFERENCES videos,
  calibration TEXT NOT NULL CHECK (json_valid(calibration))) STRICT;
INSERT INTO "calibrations" VALUES(1,1,'{"kind":"ruler","length_cm":10.0,"points":[4.0,4.0,44.0,4.0]}');
CREATE TABLE categories (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
  supercategory TEXT NOT NULL, color INTEGER NOT NULL, sort_order INTEGER NOT NULL) STRICT;
INSERT INTO "categories" VALUES(1,'vole_1','vole',15113984,0);
INSERT INTO "categories" VALUES(2,'vole_2','vole',5682409,1);
CREATE TABLE edits (
  id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL,
  changes TEXT NOT NULL CHECK (json_valid(changes)),
  state TEXT NOT NULL CHECK (state IN ('done','undone','dropped')),
  video_id INTEGER, frame_index INTEGER, author TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
INSERT INTO "edits" VALUES(1,'Draw outline','[{"after":{"frame_index":4,"height":48,"id":2,"path":null,"split":null,"state":"started","video_id":1,"width":64},"before":null,"id":2,"table":"images"},{"after":{"area":63.0,"author":"someone","category_id":1,"extra":"{\"source_frame\":4}","height":8.0,"id":2,"image_id":2,"iscrowd":0,"job_id":null,"keyframe":1,"occluded":0,"polygons":"[[5.25,5,13,5,13,13,5,13]]","rle":null,"rle_height":null,"rle_width":null,"source":"drawn","track_id":null,"updated_at":1795257972581,"width":8.0,"x":5.0,"y":5.0},"before":null,"id":2,"table":"annotations"}]','done',1,4,'someone',1795257972581);
INSERT INTO "edits" VALUES(2,'Accept predictions','[{"after":{"area":197.0,"author":"someone","category_id":2,"extra":null,"height":17.0,"id":3,"image_id":2,"iscrowd":0,"job_id":2,"keyframe":1,"occluded":0,"polygons":"[[25,34.5,23.875,38.75,20.75,41.875,16.5,43,12.25,41.875,9.125,38.75,8,34.5,9.125,30.25,12.25,27.125,16.5,26,20.75,27.125,23.875,30.25]]","rle":"R=1\\16K4M2O0O2O000O20N10001N101N3L5Jai1","rle_height":48,"rle_width":64,"source":"accepted","track_id":null,"updated_at":1795257972585,"width":17.0,"x":8.0,"y":26.0},"before":null,"id":3,"table":"annotations"}]','done',1,4,'someone',1795257972585);
INSERT INTO "edits" VALUES(3,'Mark frame as empty','[{"after":{"frame_index":20,"height":48,"id":3,"path":null,"split":null,"state":"started","video_id":1,"width":64},"before":null,"id":3,"table":"images"},{"after":{"state":"empty"},"before":{"state":"started"},"id":3,"table":"images"}]','done',1,20,'someone',1795257972588);
INSERT INTO "edits" VALUES(4,'Reject predictions','[{"after":{"author":"someone","category_id":1,"created_at":1795257972593,"end_frame":9,"id":1,"job_id":2,"kind":"reject","other_category_id":null,"start_frame":8,"video_id":1},"before":null,"id":1,"table":"prediction_corrections"}]','done',1,8,'someone',1795257972593);
INSERT INTO "edits" VALUES(5,'Swap animals','[{"after":{"author":"someone","category_id":1,"created_at":1795257972597,"end_frame":100,"id":2,"job_id":2,"kind":"swap","other_category_id":2,"start_frame":9,"video_id":1},"before":null,"id":2,"table":"prediction_corrections"}]','done',1,9,'someone',1795257972597);
INSERT INTO "edits" VALUES(6,'Accept episode','[{"after":{"frame_index":6,"height":48,"id":4,"path":null,"split":null,"state":"started","video_id":1,"width":64},"before":null,"id":4,"table":"images"},{"after":{"area":197.0,"author":"someone","category_id":1,"extra":null,"height":17.0,"id":4,"image_id":4,"iscrowd":0,"job_id":2,"keyframe":1,"occluded":0,"polygons":"[[27,12.5,25.875,16.75,22.75,19.875,18.5,21,14.25,19.875,11.125,16.75,10,12.5,11.125,8.25,14.25,5.125,18.5,4,22.75,5.125,25.875,8.25]]","rle":"\\?1\\16K4M2O0O2O000O20N10001N101N3L5JWg1","rle_height":48,"rle_width":64,"source":"accepted","track_id":null,"updated_at":1795257972602,"width":17.0,"x":10.0,"y":4.0},"before":null,"id":4,"table":"annotations"},{"after":{"area":197.0,"author":"someone","category_id":2,"extra":null,"height":17.0,"id":5,"image_id":4,"iscrowd":0,"job_id":2,"keyframe":1,"occluded":0,"polygons":"[[27,34.5,25.875,38.75,22.75,41.875,18.5,43,14.25,41.875,11.125,38.75,10,34.5,11.125,30.25,14.25,27.125,18.5,26,22.75,27.125,25.875,30.25]]","rle":"R`01\\16K4M2O0O2O000O20N10001N101N3L5Jaf1","rle_height":48,"rle_width":64,"source":"accepted","track_id":null,"updated_at":1795257972602,"width":17.0,"x":10.0,"y":26.0},"before":null,"id":5,"table":"annotations"},{"after":{"state":"done"},"before":{"state":"started"},"id":4,"table":"images"},{"after":{"frame_index":7,"height":48,"id":5,"path":null,"split":null,"state":"started","video_id":1,"width":64},"before":null,"id":5,"table":"images"},{"after":{"area":197.0,"author":"someone","category_id":1,"extra":null,"height":17.0,"id":6,"image_id":5,"iscrowd":0,"job_id":2,"keyframe":1,"occluded":0,"polygons":"[[28,12.5,26.875,16.75,23.75,19.875,19.5,21,15.25,19.875,12.125,16.75,11,12.5,12.125,8.25,15.25,5.125,19.5,4,23.75,5.125,26.875,8.25]]","rle":"l`01\\16K4M2O0O2O000O20N10001N101N3L5Jge1","rle_height":48,"rle_width":64,"source":"accepted","track_id":null,"updated_at":1795257972602,"width":17.0,"x":11.0,"y":4.0},"before":null,"id":6,"table":"annotations"},{"after":{"area":197.0,"author":"someone","category_id":2,"extra":null,"height":17.0,"id":7,"image_id":5,"iscrowd":0,"job_id":2,"keyframe":1,"occluded":0,"polygons":"[[28,34.5,26.875,38.75,23.75,41.875,19.5,43,15.25,41.875,12.125,38.75,11,34.5,12.125,30.25,15.25,27.125,19.5,26,23.75,27.125,26.875,30.25]]","rle":"ba01\\16K4M2O0O2O000O20N10001N101N3L5JQe1","rle_height":48,"rle_width":64,"source":"accepted","track_id":null,"updated_at":1795257972602,"width":17.0,"x":11.0,"y":26.0},"before":null,"id":7,"table":"annotations"},{"after":{"state":"done"},"before":{"state":"started"},"id":5,"table":"images"},{"after":{"author":"someone","decided_at":1795257972602,"end_frame":8,"id":1,"item_id":1,"job_id":2,"reason_code":"jump","score":0.75,"seconds":2.5,"start_frame":6,"verdict":"accepted","video_id":1},"before":null,"id":1,"table":"review_decisions"}]','done',1,6,'someone',1795257972602);
INSERT INTO "edits" VALUES(7,'Mark behavior','[{"after":{"author":"someone","behavior_id":1,"end_frame":30,"id":1,"present":1,"source":"drawn","start_frame":0,"subject":"vole_1","track_id":null,"updated_at":1795257972613,"video_id":1},"before":null,"id":1,"table":"behavior_intervals"}]','done',1,0,'someone',1795257972613);
INSERT INTO "edits" VALUES(8,'Mark behavior','[{"after":{"end_frame":10,"updated_at":1795257972617},"before":{"end_frame":30,"updated_at":1795257972613},"id":1,"table":"behavior_intervals"},{"after":{"author":"someone","behavior_id":1,"end_frame":30,"id":2,"present":1,"source":"drawn","start_frame":12,"subject":"vole_1","track_id":null,"updated_at":1795257972617,"video_id":1},"before":null,"id":2,"table":"behavior_intervals"},{"after":{"author":"someone","behavior_id":1,"end_frame":12,"id":3,"present":0,"source":"drawn","start_frame":10,"subject":"vole_1","track_id":null,"updated_at":1795257972617,"video_id":1},"before":null,"id":3,"table":"behavior_intervals"}]','done',1,10,'someone',1795257972617);
INSERT INTO "edits" VALUES(9,'Add animal','[{"after":{"color":40563,"id":3,"name":"undone","sort_order":2,"supercategory":""},"before":null,"id":3,"table":"categories"}]','undone',NULL,NULL,'someone',1795257972621);
CREATE TABLE factor_values (
  id INTEGER PRIMARY KEY AUTOINCREMENT, factor_id INTEGER NOT NULL REFERENCES factors,
  video_id INTEGER NOT NULL REFERENCES videos, value TEXT NOT NULL CHECK (value <> ''),
  UNIQUE (factor_id, video_id)) STRICT;
INSERT INTO "factor_values" VALUES(1,1,1,'3');
CREATE TABLE factors (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE CHECK (name <> '')) STRICT;
INSERT INTO "factors" VALUES(1,'day');
CREATE TABLE identities (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, color INTEGER NOT NULL) STRICT;
INSERT INTO "identities" VALUES(1,'Ada',15113984);
CREATE TABLE images (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER REFERENCES videos, frame_index INTEGER,
  path TEXT UNIQUE, width INTEGER NOT NULL, height INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new','started','done','empty')),
  split TEXT CHECK (split IN ('train','val','test')),
  CHECK ((video_id IS NULL) = (frame_index IS NULL)), CHECK ((video_id IS NULL) != (path IS NULL)),
  CHECK (frame_index >= 0), UNIQUE (video_id, frame_index)) STRICT;
INSERT INTO "images" VALUES(1,NULL,NULL,'pictures/a.png',64,48,'started','val');
INSERT INTO "images" VALUES(2,1,4,NULL,64,48,'started',NULL);
INSERT INTO "images" VALUES(3,1,20,NULL,64,48,'empty',NULL);
INSERT INTO "images" VALUES(4,1,6,NULL,64,48,'done',NULL);
INSERT INTO "images" VALUES(5,1,7,NULL,64,48,'done',NULL);
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
  options TEXT NOT NULL CHECK (json_valid(options)),
  state TEXT NOT NULL
    CHECK (state IN ('queued','running','done','failed','cancelled','interrupted')),
  error TEXT NOT NULL DEFAULT '', model_id INTEGER REFERENCES models, owner TEXT NOT NULL,
  created_at INTEGER NOT NULL, finished_at INTEGER) STRICT;
INSERT INTO "jobs" VALUES(1,'train','{"steps":100}','done','',1,'host|boot|1|1',1795257972571,1795257972571);
INSERT INTO "jobs" VALUES(2,'predict','{}','done','',1,'host|boot|1|1',1795257972571,1795257972571);
INSERT INTO "jobs" VALUES(3,'train','{}','done','',2,'host|boot|1|1',1795257980000,1795257980000);
INSERT INTO "jobs" VALUES(4,'behavior','{}','done','',2,'host|boot|1|1',1795257980000,1795257980000);
CREATE TABLE known_pairs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, decision_id INTEGER NOT NULL REFERENCES meeting_decisions,
  before_frame INTEGER NOT NULL, after_frame INTEGER NOT NULL,
  before_tracklet INTEGER NOT NULL, after_tracklet INTEGER NOT NULL,
  before_outline TEXT NOT NULL CHECK (json_valid(before_outline)),
  after_outline TEXT NOT NULL CHECK (json_valid(after_outline)),
  CHECK (before_frame >= 0 AND after_frame > before_frame)) STRICT;
CREATE TABLE meeting_animals (
  id INTEGER PRIMARY KEY, meeting_id INTEGER NOT NULL REFERENCES meetings ON DELETE CASCADE,
  category_id INTEGER NOT NULL REFERENCES categories, number INTEGER NOT NULL,
  before_tracklet INTEGER, before_frame INTEGER, after_tracklet INTEGER, after_frame INTEGER,
  split_agreement REAL, away INTEGER NOT NULL CHECK (away IN (0,1)), UNIQUE (meeting_id, number),
  CHECK ((before_tracklet IS NULL) = (before_frame IS NULL)),
  CHECK ((after_tracklet IS NULL) = (after_frame IS NULL))) STRICT;
INSERT INTO "meeting_animals" VALUES(1,1,1,0,0,2,0,6,NULL,0);
INSERT INTO "meeting_animals" VALUES(2,1,2,1,1,2,1,6,NULL,0);
CREATE TABLE meeting_decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  job_id INTEGER NOT NULL, meeting_id INTEGER NOT NULL,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('keep','exchange','unsure')), exchange REAL NOT NULL,
  author TEXT NOT NULL, seconds REAL NOT NULL, decided_at INTEGER NOT NULL,
  CHECK (start_frame >= 0 AND end_frame > start_frame)) STRICT;
CREATE TABLE meeting_ways (
  id INTEGER PRIMARY KEY, meeting_id INTEGER NOT NULL REFERENCES meetings ON DELETE CASCADE,
  before_number INTEGER NOT NULL, after_number INTEGER NOT NULL,
  probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
  appearance REAL NOT NULL, motion REAL NOT NULL,
  UNIQUE (meeting_id, before_number, after_number)) STRICT;
CREATE TABLE meetings (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('contact','gap','jump')),
  exchange REAL NOT NULL CHECK (exchange BETWEEN 0 AND 1),
  CHECK (start_frame >= 0 AND end_frame > start_frame)) STRICT;
INSERT INTO "meetings" VALUES(1,2,1,3,6,'contact',0.25);
CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, architecture TEXT NOT NULL,
  weights_path TEXT NOT NULL, weights_sha256 TEXT NOT NULL,
  config TEXT NOT NULL CHECK (json_valid(config)), metrics TEXT NOT NULL CHECK (json_valid(metrics)),
  parent_id INTEGER REFERENCES models, job_id INTEGER REFERENCES jobs,
  created_at INTEGER NOT NULL) STRICT;
INSERT INTO "models" VALUES(1,'first','idseg','first.safetensors','ab','{}','{}',NULL,1,1795257972571);
INSERT INTO "models" VALUES(2,'walker','behavior-seq','walker.safetensors','cd','{}','{}',NULL,3,1795257980000);
CREATE TABLE name_evidence (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos,
  evidence TEXT NOT NULL CHECK (json_valid(evidence)), UNIQUE (job_id, video_id)) STRICT;
CREATE TABLE notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  frame_index INTEGER CHECK (frame_index >= 0), note TEXT NOT NULL,
  flagged INTEGER NOT NULL CHECK (flagged IN (0,1)), author TEXT NOT NULL,
  updated_at INTEGER NOT NULL, UNIQUE (video_id, frame_index)) STRICT;
INSERT INTO "notes" VALUES(1,1,1,'door opened',1,'Ada',1700000000);
CREATE TABLE prediction_corrections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL, video_id INTEGER NOT NULL
    REFERENCES videos, start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('swap','reject')),
  category_id INTEGER REFERENCES categories, other_category_id INTEGER REFERENCES categories,
  author TEXT NOT NULL, created_at INTEGER NOT NULL, number INTEGER, other_number INTEGER,
  CHECK (end_frame > start_frame),
  CHECK (kind != 'swap' OR (category_id IS NOT NULL AND other_category_id IS NOT NULL))) STRICT;
INSERT INTO "prediction_corrections" VALUES(1,2,1,8,9,'reject',1,NULL,'someone',1795257972593,NULL,NULL);
INSERT INTO "prediction_corrections" VALUES(2,2,1,9,100,'swap',1,2,'someone',1795257972597,NULL,NULL);
CREATE TABLE prediction_points (
  id INTEGER PRIMARY KEY,
  prediction_id INTEGER NOT NULL REFERENCES predictions ON DELETE CASCADE,
  point_id INTEGER NOT NULL REFERENCES skeleton_points, x REAL NOT NULL, y REAL NOT NULL,
  confidence REAL NOT NULL, visible INTEGER NOT NULL DEFAULT 1
  CHECK (visible IN (0,1)), UNIQUE (prediction_id, point_id)) STRICT;
INSERT INTO "prediction_points" VALUES(1,1,1,9.5,12.25,0.75,0);
CREATE TABLE predictions (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos, frame_index INTEGER NOT NULL,
  category_id INTEGER NOT NULL REFERENCES categories, tracklet INTEGER NOT NULL,
  score REAL NOT NULL, confidence REAL NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
  outline BLOB, rle TEXT, rle_height INTEGER, rle_width INTEGER) STRICT;
INSERT INTO "predictions" VALUES(1,2,1,0,1,-1,0.9,0.75,4.0,4.0,17.0,17.0,X'0CA00590032388016364870124870123636323870124870164638801238801246464','\61\16K4M2O0O2O000O20N10001N101N3L5JWP2',48,64);
INSERT INTO "predictions" VALUES(2,2,1,0,2,-1,0.9,0.75,4.0,26.0,17.0,17.0,X'0CA005D0082388016364870124870123636323870124870164638801238801246464','R71\16K4M2O0O2O000O20N10001N101N3L5Jao1',48,64);
INSERT INTO "predictions" VALUES(3,2,1,1,1,-1,0.9,0.75,5.0,4.0,17.0,17.0,X'0CC00590032388016364870124870123636323870124870164638801238801246464','l71\16K4M2O0O2O000O20N10001N101N3L5Jgn1',48,64);
INSERT INTO "predictions" VALUES(4,2,1,1,2,-1,0.9,0.75,5.0,26.0,17.0,17.0,X'0CC005D0082388016364870124870123636323870124870164638801238801246464','b81\16K4M2O0O2O000O20N10001N101N3L5JQn1',48,64);
INSERT INTO "predictions" VALUES(5,2,1,2,1,-1,0.9,0.75,6.0,4.0,17.0,17.0,X'0CE00590032388016364870124870123636323870124870164638801238801246464','\91\16K4M2O0O2O000O20N10001N101N3L5JWm1',48,64);
INSERT INTO "predictions" VALUES(6,2,1,2,2,-1,0.9,0.75,6.0,26.0,17.0,17.0,X'0CE005D0082388016364870124870123636323870124870164638801238801246464','R:1\16K4M2O0O2O000O20N10001N101N3L5Jal1',48,64);
INSERT INTO "predictions" VALUES(7,2,1,3,1,-1,0.9,0.75,7.0,4.0,17.0,17.0,X'0C800690032388016364870124870123636323870124870164638801238801246464','l:1\16K4M2O0O2O000O20N10001N101N3L5Jgk1',48,64);
INSERT INTO "predictions" VALUES(8,2,1,3,2,-1,0.9,0.75,7.0,26.0,17.0,17.0,X'0C8006D0082388016364870124870123636323870124870164638801238801246464','b;1\16K4M2O0O2O000O20N10001N101N3L5JQk1',48,64);
INSERT INTO "predictions" VALUES(9,2,1,4,1,-1,0.9,0.75,8.0,4.0,17.0,17.0,X'0CA00690032388016364870124870123636323870124870164638801238801246464','\<1\16K4M2O0O2O000O20N10001N101N3L5JWj1',48,64);
INSERT INTO "predictions" VALUES(10,2,1,4,2,-1,0.9,0.75,8.0,26.0,17.0,17.0,X'0CA006D0082388016364870124870123636323870124870164638801238801246464','R=1\16K4M2O0O2O000O20N10001N101N3L5Jai1',48,64);
INSERT INTO "predictions" VALUES(11,2,1,5,1,-1,0.9,0.75,9.0,4.0,17.0,17.0,X'0CC00690032388016364870124870123636323870124870164638801238801246464','l=1\16K4M2O0O2O000O20N10001N101N3L5Jgh1',48,64);
INSERT INTO "predictions" VALUES(12,2,1,5,2,-1,0.9,0.75,9.0,26.0,17.0,17.0,X'0CC006D0082388016364870124870123636323870124870164638801238801246464','b>1\16K4M2O0O2O000O20N10001N101N3L5JQh1',48,64);
INSERT INTO "predictions" VALUES(13,2,1,6,1,-1,0.9,0.75,10.0,4.0,17.0,17.0,X'0CE00690032388016364870124870123636323870124870164638801238801246464','\?1\16K4M2O0O2O000O20N10001N101N3L5JWg1',48,64);
INSERT INTO "predictions" VALUES(14,2,1,6,2,-1,0.9,0.75,10.0,26.0,17.0,17.0,X'0CE006D0082388016364870124870123636323870124870164638801238801246464','R`01\16K4M2O0O2O000O20N10001N101N3L5Jaf1',48,64);
INSERT INTO "predictions" VALUES(15,2,1,7,1,-1,0.9,0.75,11.0,4.0,17.0,17.0,X'0C800790032388016364870124870123636323870124870164638801238801246464','l`01\16K4M2O0O2O000O20N10001N101N3L5Jge1',48,64);
INSERT INTO "predictions" VALUES(16,2,1,7,2,-1,0.9,0.75,11.0,26.0,17.0,17.0,X'0C8007D0082388016364870124870123636323870124870164638801238801246464','ba01\16K4M2O0O2O000O20N10001N101N3L5JQe1',48,64);
INSERT INTO "predictions" VALUES(17,2,1,8,1,-1,0.9,0.75,12.0,4.0,17.0,17.0,X'0CA00790032388016364870124870123636323870124870164638801238801246464','\b01\16K4M2O0O2O000O20N10001N101N3L5JWd1',48,64);
INSERT INTO "predictions" VALUES(18,2,1,8,2,-1,0.9,0.75,12.0,26.0,17.0,17.0,X'0CA007D0082388016364870124870123636323870124870164638801238801246464','Rc01\16K4M2O0O2O000O20N10001N101N3L5Jac1',48,64);
INSERT INTO "predictions" VALUES(19,2,1,9,1,-1,0.9,0.75,13.0,4.0,17.0,17.0,X'0CC00790032388016364870124870123636323870124870164638801238801246464','lc01\16K4M2O0O2O000O20N10001N101N3L5Jgb1',48,64);
INSERT INTO "predictions" VALUES(20,2,1,9,2,-1,0.9,0.75,13.0,26.0,17.0,17.0,X'0CC007D0082388016364870124870123636323870124870164638801238801246464','bd01\16K4M2O0O2O000O20N10001N101N3L5JQb1',48,64);
CREATE TABLE regions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  name TEXT NOT NULL, polygons TEXT NOT NULL CHECK (json_valid(polygons)),
  UNIQUE (video_id, name)) STRICT;
INSERT INTO "regions" VALUES(1,1,'nest','[[1,1,20,1,20,20,1,20]]');
CREATE TABLE review_decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, item_id INTEGER NOT NULL, job_id INTEGER NOT NULL,
  video_id INTEGER NOT NULL REFERENCES videos,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL, reason_code TEXT NOT NULL,
  score REAL NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted','corrected','rejected','skipped')),
  author TEXT NOT NULL, seconds REAL NOT NULL, decided_at INTEGER NOT NULL, subject TEXT NOT NULL DEFAULT '', behavior_id INTEGER REFERENCES behaviors,
  CHECK (end_frame > start_frame)) STRICT;
INSERT INTO "review_decisions" VALUES(1,1,2,1,6,8,'jump',0.75,'accepted','someone',2.5,1795257972602,'',NULL);
INSERT INTO "review_decisions" VALUES(2,3,4,1,40,50,'doubtful_behavior',0.5,'rejected','someone',1.5,1795257980000,'vole_1',1);
CREATE TABLE review_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL, reason_code TEXT NOT NULL,
  reason TEXT NOT NULL, score REAL NOT NULL,
  animals TEXT NOT NULL CHECK (json_valid(animals)), subject TEXT NOT NULL DEFAULT '', behavior_id INTEGER REFERENCES behaviors, CHECK (end_frame > start_frame)) STRICT;
INSERT INTO "review_items" VALUES(1,2,1,6,8,'jump','vole_1 jumps',0.75,'["vole_1"]','',NULL);
INSERT INTO "review_items" VALUES(2,2,1,2,4,'audit','drawn at random',0.1,'[]','',NULL);
INSERT INTO "review_items" VALUES(3,4,1,40,50,'doubtful_behavior','walk may be wrong',0.5,'["vole_1"]','vole_1',1);
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO "settings" VALUES('theme','dark');
CREATE TABLE skeleton_edges (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  from_point_id INTEGER NOT NULL REFERENCES skeleton_points,
  to_point_id INTEGER NOT NULL REFERENCES skeleton_points,
  CHECK (from_point_id != to_point_id), UNIQUE (from_point_id, to_point_id)) STRICT;
CREATE TABLE skeleton_points (
  id INTEGER PRIMARY KEY AUTOINCREMENT, skeleton_id INTEGER NOT NULL REFERENCES skeletons,
  name TEXT NOT NULL, sort_order INTEGER NOT NULL, color INTEGER NOT NULL,
  partner_id INTEGER REFERENCES skeleton_points) STRICT;
INSERT INTO "skeleton_points" VALUES(1,1,'nose',0,0,NULL);
INSERT INTO "skeleton_points" VALUES(2,2,'nose',0,0,NULL);
INSERT INTO "skeleton_points" VALUES(3,2,'left ear',1,0,NULL);
INSERT INTO "skeleton_points" VALUES(4,2,'right ear',2,0,NULL);
CREATE TABLE skeletons (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO "skeletons" VALUES(1,'animal');
INSERT INTO "skeletons" VALUES(2,'animal_2');
CREATE TABLE tracks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  category_id INTEGER NOT NULL REFERENCES categories, identity_id INTEGER REFERENCES identities,
  external_id INTEGER) STRICT;
INSERT INTO "tracks" VALUES(1,1,1,1,1);
CREATE TABLE video_data (
  video_id INTEGER PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
  pts BLOB NOT NULL, key_frames BLOB NOT NULL,
  frame_hashes TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(frame_hashes)),
  background BLOB) STRICT;
INSERT INTO "video_data" VALUES(1,X'6400020000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',X'09001800000000000000','{"0":"00"}',X'89504E470D0A1A0A0000000D49484452000000400000003008020000002E29EB480000008E494441546843EDD2D10D802014C550714C276112E735CC703ECC4BCA7F6FA065BDFBB9269F7BF2E5CFDD7BC0DF052B500134D01742818C578015E240055020E315608538500114C8780558210E540005325E015688031540818C578015E240055020E315608538500114C8780558210E540005325E015688031540818C578015E240055020E31560853830BEC007D17301C883AD38370000000049454E44AE426082');
CREATE TABLE videos (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
  fingerprint TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  frame_count INTEGER NOT NULL, fps REAL NOT NULL,
  time_base_num INTEGER NOT NULL, time_base_den INTEGER NOT NULL,
  static_camera INTEGER NOT NULL CHECK (static_camera IN (0,1)),
  background_residual REAL NOT NULL, added_at INTEGER NOT NULL) STRICT;
INSERT INTO "videos" VALUES(1,'one','one.mp4','fingerprint of one',64,48,100,25.0,1,25,1,0.5,1795257972558);
CREATE INDEX videos_by_fingerprint ON videos (fingerprint);
CREATE INDEX tracks_by_video ON tracks (video_id, category_id, external_id);
CREATE INDEX annotations_by_image ON annotations (image_id);
CREATE INDEX annotations_by_track ON annotations (track_id) WHERE track_id IS NOT NULL;
CREATE INDEX behavior_intervals_by_video ON behavior_intervals (video_id, start_frame);
CREATE INDEX predictions_by_frame ON predictions (job_id, video_id, frame_index);
CREATE INDEX prediction_corrections_by_job ON prediction_corrections (job_id, video_id);
CREATE INDEX behavior_predictions_by_video ON behavior_predictions (job_id, video_id, start_frame);
CREATE INDEX review_items_by_job ON review_items (job_id, score);
CREATE INDEX review_decisions_by_span
  ON review_decisions (job_id, video_id, start_frame, end_frame, reason_code);
CREATE INDEX edits_by_state ON edits (state, id);
CREATE INDEX behavior_series_by_video ON behavior_series (video_id, job_id);
CREATE INDEX meetings_by_video ON meetings (job_id, video_id, start_frame);
CREATE INDEX meeting_decisions_by_video ON meeting_decisions (video_id, start_frame);
CREATE INDEX known_pairs_by_decision ON known_pairs (decision_id);
CREATE INDEX skeleton_points_by_skeleton ON skeleton_points (skeleton_id, sort_order);
CREATE INDEX skeleton_points_by_partner ON skeleton_points (partner_id)
  WHERE partner_id IS NOT NULL;
CREATE INDEX skeleton_edges_by_end ON skeleton_edges (to_point_id);
CREATE INDEX annotation_points_by_point ON annotation_points (point_id);
CREATE INDEX prediction_points_by_point ON prediction_points (point_id);
CREATE VIEW v_labels (
  label_id, video_id, video, frame, picture, frame_state, split, animal, kind, track_id,
  track_number, left_px, top_px, width_px, height_px, area_px2, is_crowd, is_occluded,
  is_key_frame, source, author, updated_ms) AS
SELECT a.id, v.id, v.name, i.frame_index, i.path, i.state, i.split, c.name, c.supercategory,
  a.track_id, t.external_id, a.x, a.y, a.width, a.height, a.area, a.iscrowd, a.occluded,
  a.keyframe, a.source, a.author, a.updated_at
FROM annotations a
JOIN images i ON i.id = a.image_id
JOIN categories c ON c.id = a.category_id
LEFT JOIN videos v ON v.id = i.video_id
LEFT JOIN tracks t ON t.id = a.track_id;
CREATE VIEW v_tracks (
  video_id, video, frame, origin, is_final, animal, track_id, tracklet, left_px, top_px, width_px,
  height_px, score, confidence, job_id, row_id) AS
SELECT v.id, v.name, i.frame_index, 'label', 1, c.name, a.track_id, NULL, a.x, a.y, a.width,
  a.height, NULL, NULL, NULL, a.id
FROM videos v
CROSS JOIN images i ON i.video_id = v.id
CROSS JOIN annotations a ON a.image_id = i.id
JOIN categories c ON c.id = a.category_id
WHERE a.iscrowd = 0
UNION ALL
SELECT p.video_id, p.video, p.frame_index, 'prediction',
  NOT EXISTS (SELECT 1 FROM images i WHERE i.video_id = p.video_id
    AND i.frame_index = p.frame_index AND (i.state IN ('done', 'empty') OR EXISTS (
      SELECT 1 FROM annotations a WHERE a.image_id = i.id AND a.category_id = c.id))),
  c.name, NULL, nullif((p.said & 4294967295) - 1, -1), p.x, p.y, p.width, p.height, p.score,
  p.confidence, p.job_id, p.id
FROM (
  SELECT p.*, v.name AS video, CASE WHEN NOT EXISTS (
    SELECT 1 FROM prediction_corrections m WHERE m.job_id = p.job_id AND m.video_id = p.video_id
      AND m.start_frame <= p.frame_index AND m.end_frame > p.frame_index)
  THEN (p.category_id << 32) + p.tracklet + 1 ELSE (
  WITH RECURSIVE said (correction, category, number, rejected) AS (
    SELECT 0, p.category_id, p.tracklet, 0
    UNION ALL
    SELECT k.id,
      CASE WHEN k.kind = 'reject' THEN said.category
        WHEN said.category = k.category_id AND said.number = coalesce(k.number, said.number)
          THEN k.other_category_id
        WHEN said.category = k.other_category_id
          AND said.number = coalesce(k.other_number, said.number) THEN k.category_id
        ELSE said.category END,
      CASE WHEN k.kind = 'reject' THEN said.number
        WHEN said.category = k.category_id AND said.number = coalesce(k.number, said.number)
          THEN coalesce(k.other_number, said.number)
        WHEN said.category = k.other_category_id
          AND said.number = coalesce(k.other_number, said.number) THEN coalesce(k.number, said.number)
        ELSE said.number END,
      said.rejected OR (k.kind = 'reject' AND said.category = coalesce(k.category_id, said.category)
        AND said.number = coalesce(k.number, said.number))
    FROM said JOIN prediction_corrections k ON k.id = (
      SELECT min(m.id) FROM prediction_corrections m
      WHERE m.job_id = p.job_id AND m.video_id = p.video_id AND m.id > said.correction
        AND m.start_frame <= p.frame_index AND m.end_frame > p.frame_index))
  SELECT CASE rejected WHEN 0 THEN (category << 32) + number + 1 END
  FROM said ORDER BY correction DESC LIMIT 1) END AS said
  FROM videos v
  CROSS JOIN predictions p ON p.video_id = v.id AND p.job_id = (
    SELECT j.id FROM jobs j WHERE j.kind = 'predict' AND (EXISTS (
      SELECT 1 FROM predictions q WHERE q.job_id = j.id AND q.video_id = v.id)
      OR (j.state = 'done' AND EXISTS (SELECT 1 FROM review_items r WHERE r.job_id = j.id
        AND r.video_id = v.id AND r.behavior_id IS NULL)))
    ORDER BY j.state = 'done' DESC, j.id DESC LIMIT 1)) AS p
JOIN categories c ON c.id = p.said >> 32;
CREATE VIEW v_bouts (
  bout_id, origin, video_id, video, subject, behavior, start_frame, end_frame, duration_frames,
  is_present, is_point, exclusion_group, source, author, score, confidence, job_id) AS
SELECT b.id, 'label', v.id, v.name, b.subject, k.name, b.start_frame, b.end_frame,
  b.end_frame - b.start_frame, b.present, k.is_point, k.exclusion_group, b.source, b.author, NULL,
  NULL, NULL
FROM videos v
CROSS JOIN behavior_intervals b ON b.video_id = v.id
JOIN behaviors k ON k.id = b.behavior_id
UNION ALL
SELECT b.id, 'prediction', v.id, v.name, b.subject, k.name, b.start_frame, b.end_frame,
  b.end_frame - b.start_frame, 1, k.is_point, k.exclusion_group, 'predicted', '', b.score,
  b.confidence, b.job_id
FROM videos v
CROSS JOIN behavior_predictions b ON b.video_id = v.id AND b.job_id = (
  SELECT j.id FROM jobs j WHERE EXISTS (
    SELECT 1 FROM behavior_predictions q WHERE q.job_id = j.id AND q.video_id = v.id)
    OR EXISTS (SELECT 1 FROM behavior_series s WHERE s.video_id = v.id AND s.job_id = j.id)
  ORDER BY j.id DESC LIMIT 1)
JOIN behaviors k ON k.id = b.behavior_id;
CREATE UNIQUE INDEX notes_of_videos ON notes (video_id) WHERE frame_index IS NULL;
CREATE INDEX factor_values_by_video ON factor_values (video_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('videos',1);
INSERT INTO "sqlite_sequence" VALUES('categories',3);
INSERT INTO "sqlite_sequence" VALUES('identities',1);
INSERT INTO "sqlite_sequence" VALUES('tracks',1);
INSERT INTO "sqlite_sequence" VALUES('jobs',4);
INSERT INTO "sqlite_sequence" VALUES('models',2);
INSERT INTO "sqlite_sequence" VALUES('review_items',3);
INSERT INTO "sqlite_sequence" VALUES('behaviors',2);
INSERT INTO "sqlite_sequence" VALUES('images',5);
INSERT INTO "sqlite_sequence" VALUES('annotations',7);
INSERT INTO "sqlite_sequence" VALUES('edits',9);
INSERT INTO "sqlite_sequence" VALUES('prediction_corrections',2);
INSERT INTO "sqlite_sequence" VALUES('review_decisions',2);
INSERT INTO "sqlite_sequence" VALUES('behavior_intervals',4);
INSERT INTO "sqlite_sequence" VALUES('regions',1);
INSERT INTO "sqlite_sequence" VALUES('meetings',1);
INSERT INTO "sqlite_sequence" VALUES('skeletons',2);
INSERT INTO "sqlite_sequence" VALUES('skeleton_points',4);
INSERT INTO "sqlite_sequence" VALUES('annotation_points',6);
INSERT INTO "sqlite_sequence" VALUES('calibrations',1);
INSERT INTO "sqlite_sequence" VALUES('notes',1);
INSERT INTO "sqlite_sequence" VALUES('factors',1);
INSERT INTO "sqlite_sequence" VALUES('factor_values',1);
COMMIT;
