; Installer for Windows, made with Inno Setup 6 from the one-folder program: packaging/build icons and frozen, then, with
; the version of pyproject.toml,
;   iscc /DVersion=0.1.0 packaging\windows\mlpsvd.iss
; /DProgram names another folder than build\mlpsvd, relative to that of this file.
;
; UNTRIED: written from the documentation of Inno Setup, never run. There was no Windows to run it on.

#ifndef Version
  #error "The version is missing: iscc /DVersion=0.1.0 packaging\windows\mlpsvd.iss"
#endif
#ifndef Program
  #define Program "..\..\build\mlpsvd"
#endif

[Setup]
AppId={{6C0B4C0E-6E2B-4D56-9C5E-3B8B1F0C6A11}
AppName=MLP-SVD
AppVersion={#Version}
AppPublisher=The MLP-SVD authors
DefaultDirName={autopf}\MLP-SVD
DefaultGroupName=MLP-SVD
DisableProgramGroupPage=yes
LicenseFile={#Program}\LICENSE.txt
OutputDir=..\..\dist
OutputBaseFilename=mlpsvd-{#Version}-windows
SetupIconFile=..\..\build\mlpsvd.ico
UninstallDisplayIcon={app}\mlpsvd-gui.exe
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
Compression=lzma2
SolidCompression=yes
ChangesAssociations=yes
ChangesEnvironment=yes

[Tasks]
Name: path; Description: "Add the command mlpsvd to the search path"
Name: models; Description: "Open model files (.safetensors) with MLP-SVD"

[Files]
Source: "{#Program}\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{group}\MLP-SVD"; Filename: "{app}\mlpsvd-gui.exe"

[Registry]
Root: HKA; Subkey: "Software\Classes\.safetensors"; ValueType: string; ValueName: ""; ValueData: "MLP-SVD.model"; Flags: uninsdeletevalue; Tasks: models
Root: HKA; Subkey: "Software\Classes\MLP-SVD.model"; ValueType: string; ValueName: ""; ValueData: "MLP-SVD model"; Flags: uninsdeletekey; Tasks: models
Root: HKA; Subkey: "Software\Classes\MLP-SVD.model\DefaultIcon"; ValueType: string; ValueName: ""; ValueData: "{app}\mlpsvd-gui.exe,0"; Tasks: models
Root: HKA; Subkey: "Software\Classes\MLP-SVD.model\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\mlpsvd-gui.exe"" --show-errors ""%1"""; Tasks: models
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: IsNotOnPath

[Run]
Filename: "{app}\mlpsvd-gui.exe"; Description: "Start MLP-SVD"; Flags: nowait postinstall skipifsilent

[Code]
function IsNotOnPath: Boolean;
var
  Paths: String;
begin
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Paths) then
    Paths := '';
  Result := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Paths) + ';') = 0;
end;
